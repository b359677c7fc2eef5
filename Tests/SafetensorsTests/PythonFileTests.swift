// A file by Hugging Face's own writer: read value by value, and written again byte by byte.
import Foundation
import JSON
import Safetensors
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct PythonFileTests {
  private let path: String
  private let expectations: JSONObject

  init() throws {
    path = try #require(Bundle.module.path(forResource: "python", ofType: "safetensors", inDirectory: "Resources"))
    let json = try #require(Bundle.module.path(forResource: "python", ofType: "json", inDirectory: "Resources"))
    expectations = try #require(JSONValue(parsing: readFile(json, limit: 1 << 20)).objectValue)
  }

  @Test func everyTensorIsReadAsNumpyHasIt() throws {
    let file = try SafetensorsFile(path: path)
    #expect(file.header.metadata == ["format": "np"])
    #expect(Set(file.tensors.map(\.name)) == Set(expectations.keys))
    // numpy has no others.
    let kept = DType.allCases.filter {
      !["C64", "F4", "F6_", "F8_", "I4", "U4"].contains(where: $0.rawValue.hasPrefix)
    }
    #expect(Set(file.tensors.map(\.dtype)) == Set(kept))
    for (name, expected) in expectations.members {
      let view = try file.tensor(name)
      #expect(view.info.dtype.rawValue == expected["dtype"]?.stringValue)
      #expect(view.info.shape.dimensions == expected["shape"]?.arrayValue?.compactMap(\.intValue))
      #expect(bytes(view).map(hexadecimal).joined() == expected["bytes"]?.stringValue)
    }
  }

  @Test func ourWriterMakesTheSameFile() throws {
    let file = try SafetensorsFile(path: path)
    let directory = try TemporaryDirectory()
    let plan = try SafetensorsPlan(tensors: file.tensors, metadata: file.header.metadata)
    var writer = try SafetensorsWriter(plan, to: AtomicFileWriter(path: directory.path("copy.safetensors")))
    for info in plan.tensors { try writer.write(bytes(file.tensor(info.name)), of: info.name) }
    try writer.finish().commit()
    let original = try readFile(path, limit: 1 << 20)
    #expect(plan.fileByteCount == original.count)
    #expect(try readFile(directory.path("copy.safetensors"), limit: 1 << 20) == original)
  }

  @Test func aTensorThatIsNotThereIsNamed() throws {
    let file = try SafetensorsFile(path: path)
    #expect(throws: SafetensorsError(path: path, reason: .checkpoint(.noSuchTensor("absent")))) {
      try file.tensor("absent")
    }
  }

  private func bytes(_ view: TensorView) -> [UInt8] {
    view.withBytes { unsafe $0.withUnsafeBytes { unsafe Array($0) } }
  }

  private func hexadecimal(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }
}

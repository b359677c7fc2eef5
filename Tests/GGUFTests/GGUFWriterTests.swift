// The writer against a file that llama.cpp's Python package wrote (Scripts/golden/gguf_files.py), byte by byte.
import Foundation
import GGUF
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct GGUFWriterTests {
  private let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory() }

  private func write(
    _ metadata: [(key: String, value: GGUFValue)], _ tensors: [(GGUFTensor, [UInt8])]
  ) throws -> [UInt8] {
    let path = folder.path("small.gguf")
    let plan = try GGUFPlan(metadata: metadata, tensors: tensors.map(\.0))
    var writer = try GGUFWriter(plan, to: AtomicFileWriter(path: path, overwriting: true))
    for (_, bytes) in tensors {
      for piece in [bytes.prefix(3), bytes.dropFirst(3)] { try writer.append(unsafe Array(piece).span.bytes) }
    }
    try writer.finish().commit()
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    #expect(bytes.count == plan.fileByteCount)
    return bytes
  }

  private func littleEndian(_ values: [some FixedWidthInteger]) -> [UInt8] {
    values.flatMap { value in (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
  }

  @Test func `every type of value and tensor lies where the format's own package puts it`() throws {
    let path = try #require(Bundle.module.path(forResource: "small", ofType: "gguf", inDirectory: "Resources"))
    let golden = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let written = try write(
      [
        ("general.architecture", .string("llama")), ("a.string", .string("ä \"quoted\"")),
        ("a.count", .uint32(4_000_000_000)), ("a.number", .int32(-5)), ("a.float", .float32(1e-5)),
        ("a.flag", .bool(true)), ("a.texts", .strings(["one", "", "drei ü"])), ("a.numbers", .int32s([1, -2, 3])),
        ("a.floats", .float32s([0.5, -1e-5])),
      ],
      [
        (
          GGUFTensor(name: "f32", type: .float32, shape: [3, 4]),
          littleEndian((0..<12).map { Float($0).bitPattern })
        ),
        (GGUFTensor(name: "f16", type: .float16, shape: [5]), littleEndian((0..<5).map { Float16($0).bitPattern })),
        (GGUFTensor(name: "q4_1", type: .q4_1, shape: [2, 64]), (0..<80).map { UInt8($0) }),
        (GGUFTensor(name: "q8_0", type: .q8_0, shape: [2, 32]), (0..<68).map { UInt8($0) }),
        (GGUFTensor(name: "q4_k", type: .q4_K, shape: [1, 256]), (0..<144).map { UInt8($0) }),
        (GGUFTensor(name: "bf16", type: .bfloat16, shape: [2, 3]), littleEndian((0x3F80..<0x3F86).map { UInt16($0) })),
      ])
    #expect(written == golden)
  }

  @Test func `what the format cannot hold is refused before anything is written`() throws {
    let bad = [
      GGUFTensor(name: String(repeating: "n", count: 65), type: .float32, shape: [1]),
      GGUFTensor(name: "deep", type: .float32, shape: [1, 1, 1, 1, 1]),
      GGUFTensor(name: "ragged", type: .q4_1, shape: [2, 48]),
      GGUFTensor(name: "uneven", type: .q4_K, shape: [2, 288]),
    ]
    for tensor in bad {
      let error = #expect(throws: GGUFError.self) { _ = try write([], [(tensor, [])]) }
      #expect(error?.description.contains(tensor.name) == true)
    }
    #expect(try folder.names() == [])
  }
}

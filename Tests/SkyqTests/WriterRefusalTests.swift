// What a reader would refuse, the writer refuses, before the first byte where that can be known.
import JSON
import Skyq
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct WriterRefusalTests {
  struct BadPlan: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let code: SkyqErrorCode
    var tensors: [SkyqTensorPlan] = []
    var sections: [SkyqSectionContent] = []
    var alignmentLog2 = 12
  }

  static let plans = [
    BadPlan(testDescription: "alignment of 2 KiB", code: .alignment, alignmentLog2: 11),
    BadPlan(testDescription: "alignment of 2^63", code: .alignment, alignmentLog2: 63),
    BadPlan(
      testDescription: "too many sections", code: .tooManyEntries,
      sections: (0...SkyqLimits.sectionCount).map { SkyqSectionContent(file: "f\($0)", bytes: []) }),
    BadPlan(testDescription: "empty name", code: .nameBytes, tensors: [f32("")]),
    BadPlan(testDescription: "name of 513 bytes", code: .nameBytes, tensors: [f32(String(repeating: "n", count: 513))]),
    BadPlan(testDescription: "escape sequence", code: .nameBytes, tensors: [f32("\u{1B}[31m")]),
    BadPlan(testDescription: "same name twice", code: .duplicateName, tensors: [f32("a"), f32("a")]),
    BadPlan(testDescription: "parent directory", code: .sectionName, sections: [.init(file: "..", bytes: [])]),
    BadPlan(
      testDescription: "files that differ in case", code: .duplicateName,
      sections: [.init(file: "a", bytes: []), .init(file: "A", bytes: [])]),
    BadPlan(
      testDescription: "file over 64 MiB", code: .sectionSize,
      sections: [.init(file: "a", bytes: [UInt8](repeating: 0, count: SkyqLimits.sectionSize + 1))]),
    BadPlan(
      testDescription: "rank 9", code: .dimensions,
      tensors: [.init(name: "a", encoding: .float32, shape: [1, 1, 1, 1, 1, 1, 1, 1, 1])]),
    BadPlan(
      testDescription: "dimension of 2^40", code: .dimensions,
      tensors: [.init(name: "a", encoding: .float32, shape: [1 << 40, 0])]),
    BadPlan(
      testDescription: "2^50 elements", code: .elementCount,
      tensors: [.init(name: "a", encoding: .int64, shape: [1 << 25, 1 << 25])]),
    BadPlan(
      testDescription: "zero that hides a product", code: .elementCount,
      tensors: [.init(name: "a", encoding: .int64, shape: [1 << 30, 1 << 30, 0])]),
    BadPlan(
      testDescription: "groups of 48", code: .encodingParameters,
      tensors: [.init(name: "a", encoding: .awqFloat16, shape: [2, 96], groupSize: 48)]),
    BadPlan(
      testDescription: "group that does not divide", code: .encodingParameters,
      tensors: [.init(name: "a", encoding: .awqFloat16, shape: [2, 96], groupSize: 64)]),
    BadPlan(
      testDescription: "groups of a plain tensor", code: .encodingParameters,
      tensors: [.init(name: "a", encoding: .float32, shape: [2, 96], groupSize: 32)]),
    BadPlan(
      testDescription: "unknown encoding", code: .unknownEncoding,
      tensors: [.init(name: "a", encoding: .unknown(0x8001), shape: [2])]),
    BadPlan(
      testDescription: "more bytes than a file can have", code: .dataEnd,
      tensors: (0..<2048).map { .init(name: "t\($0)", encoding: .int64, shape: [1 << 39, 1 << 10]) }),
  ]

  private static func f32(_ name: String) -> SkyqTensorPlan { .init(name: name, encoding: .float32, shape: [1]) }

  @Test(arguments: plans)
  func aPlanThatAReaderWouldRefuseIsRefusedBeforeAnythingIsWritten(plan: BadPlan) throws {
    let directory = try TemporaryDirectory()
    let error = #expect(throws: SkyqError.self) {
      _ = try SkyqWriter(
        in: WorkFolder(for: directory.path("out.skyq"), making: .file), tensors: plan.tensors,
        sections: plan.sections, alignmentLog2: plan.alignmentLog2)
    }
    #expect(error?.code == plan.code, "\(String(describing: error))")
    #expect(try directory.names().isEmpty)
  }

  /// Values that the format does not allow: plane and byte to change in a vector, and what to write there.
  static let badValues: [(file: String, tensor: Int, plane: Int, offset: Int, bytes: [UInt8])] = [
    ("awq_g32", 0, 1, 4, [0x01, 0x7E]),  // NaN as a binary16 scale
    ("awq_g32", 1, 1, 0, [0x80, 0x7F]),  // infinity as a bfloat16 scale
    ("awq_odd_groups", 0, 2, 3, [0x10]),  // the nibble after three zeros
    ("plain_encodings", 7, 0, 2, [2]),  // a bool of 2
  ]

  @Test(arguments: badValues.indices, [1, 2, 1024])
  func aValueThatAReaderWouldRefuseIsRefused(index: Int, pieceSize: Int) throws {
    let bad = Self.badValues[index]
    let directory = try TemporaryDirectory()
    let source = try SkyqFile(path: Vectors.directory + bad.file + ".skyq")
    var copying = try Copying(of: source, pieceSize: pieceSize)
    copying.planes[bad.tensor][bad.plane].replaceSubrange(
      bad.offset..<bad.offset + bad.bytes.count, with: bad.bytes)
    let error = #expect(throws: SkyqError.self) { _ = try copying.write(to: directory.path("out.skyq")) }
    #expect(error?.code == .value)
    #expect(error?.offset == source.tensors[bad.tensor].planes[bad.plane].offset + bad.offset)
    #expect(try !directory.names().contains("out.skyq"))
  }

  @Test func aFractionInAJSONSectionIsRefused() {
    let error = #expect(throws: SkyqError.self) {
      _ = try SkyqSectionContent(.statistics, json: ["loss": .double(0.5)])
    }
    #expect(error?.code == .canonicalJSON)
  }

  @Test(arguments: [SkyqSectionType.meta, .provenance])
  func metadataThatIsNoObjectIsRefused(type: SkyqSectionType) {
    let error = #expect(throws: SkyqError.self) { _ = try SkyqSectionContent(type, json: ["qwen2"]) }
    #expect(error?.code == .canonicalJSON)
  }

  @Test func morePlaneBytesThanPlannedAreAProgrammingError() async {
    await #expect(processExitsWith: .failure) {
      let directory = try TemporaryDirectory()
      let writer = try SkyqWriter(
        in: WorkFolder(for: directory.path("out.skyq"), making: .file),
        tensors: [.init(name: "a", encoding: .uint8, shape: [2])], sections: [])
      var tensor = writer.tensorWriters.makeWriter(of: 0)
      try tensor.append([1, 2, 3])
    }
  }
}

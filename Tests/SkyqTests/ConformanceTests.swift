// Every rule of Formats/skyq.md against files of an independent writer.
import Basics
import JSON
import Skyq
import Storage
import Tensors
import Testing
import TestSupport

@Suite struct ConformanceTests {
  @Test func theManifestCoversEveryCodeThatAFileCanCause() {
    let found = Set(Vectors.cases.flatMap { [$0.openCode].compactMap(\.self) + $0.quickCodes + $0.fullCodes })
    let caused = SkyqErrorCode.allCases.filter { $0 != .unknownEncoding && $0 != .notInFile }
    #expect(found == Set(caused.map(\.rawValue)))
  }

  @Test(arguments: Vectors.cases.filter { $0.openCode != nil })
  func aBrokenFrontIsRefusedWithItsCode(vector: VectorCase) throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write(try vector.bytes(), to: "test.skyq")
    let error = #expect(throws: SkyqError.self) { _ = try SkyqFile(path: path) }
    #expect(error?.code.rawValue == vector.openCode, "\(String(describing: error))")
  }

  @Test(arguments: Vectors.cases.filter { $0.openCode == nil })
  func checksReportWhatTheManifestSays(vector: VectorCase) throws {
    let directory = try TemporaryDirectory()
    let file = try SkyqFile(path: directory.write(try vector.bytes(), to: "test.skyq"))
    #expect(file.check(.quick).map(\.code.rawValue) == vector.quickCodes)
    #expect(file.check(.full).map(\.code.rawValue) == vector.fullCodes)
  }

  @Test(arguments: Vectors.cases.filter(\.isValid))
  func contentIsReadAsTheManifestStatesIt(vector: VectorCase) throws {
    let file = try SkyqFile(path: Vectors.directory + vector.name + ".skyq")
    #expect(file.header.contentID == vector.json["content_id"]?.stringValue)
    #expect(file.tensors.count == vector.json["tensor_count"]?.intValue)
    let described = vector.json["tensors"]?.arrayValue ?? []
    for (tensor, expected) in zip(file.tensors, described) {
      #expect(Array(tensor.name.utf8) == Array((expected["name"]?.stringValue ?? "").utf8))
      #expect(Int(tensor.encoding.code) == expected["encoding"]?.intValue)
      #expect(tensor.shape.dimensions == expected["shape"]?.arrayValue?.compactMap(\.intValue))
      #expect(tensor.groupSize == expected["group"]?.intValue)
      #expect(tensor.sha256.description == expected["sha256"]?.stringValue)
      guard let values = expected["values"]?.arrayValue else { continue }
      #expect(try DecodedValues(of: tensor, in: file).spelling == values.map(DecodedValues.spelling))
    }
  }

  @Test func namesThatDifferOnlyInUnicodeNormalizationAreTwoTensors() throws {
    let file = try SkyqFile(path: Vectors.directory + "utf8_names.skyq")
    let composed = try #require(file.tensor(named: "\u{E9}"))
    let decomposed = try #require(file.tensor(named: "e\u{301}"))
    #expect(composed.planes != decomposed.planes)
  }

  @Test func anUnknownEncodingIsListedButNotComputed() throws {
    let file = try SkyqFile(path: Vectors.directory + "unknown_encoding.skyq")
    let tensor = try #require(file.tensor(named: "experiment"))
    #expect(tensor.encoding == .unknown(0x8001))
    #expect(tensor.planes.map(\.size) == [10, 0, 5])
    let error = #expect(throws: SkyqError.self) { _ = try file.view(of: tensor) }
    #expect(error?.code == .unknownEncoding)
    #expect(error?.category == .unsupported)
  }

  @Test func embeddedFilesAreGivenByteForByte() throws {
    let file = try SkyqFile(path: Vectors.directory + "sections_raw.skyq")
    #expect(file.names == ["LICENSE", "config.json"])
    #expect(try file.bytes(of: "config.json") == Array("{\"model_type\": \"skywork_chat\"}\n".utf8))
    #expect(try file.bytes(of: "LICENSE")?.isEmpty == true)
    #expect(try file.bytes(of: "absent") == nil)
    #expect(try file.json(.meta)?["architecture"] == "qwen2")
  }

  @Test func aSectionThatIsNotThereIsNamedInTheError() throws {
    let file = try SkyqFile(path: Vectors.directory + "empty.skyq")
    let error = #expect(throws: SkyqError.self) { _ = try file.sectionBytes(.recipe) }
    #expect(error?.description.hasSuffix("no such section (section RECP \"recp\") [E039]") == true)
  }

  @Test func anErrorIsOneLineThatNamesFileTensorAndPlace() throws {
    let vector = try #require(Vectors.cases.first { $0.name == "flip_plane_f32" })
    let directory = try TemporaryDirectory()
    let path = try directory.write(try vector.bytes(), to: "test.skyq")
    let problem = try #require(try SkyqFile(path: path).check(.quick).first)
    #expect(problem.description.hasPrefix(path + ": damaged"))
    #expect(problem.description.hasSuffix("(tensor \"a.weight\", offset 8192) [E033]"))
    #expect(!problem.description.contains("\n"))
  }
}

// What other writers may do and we accept.
import Safetensors
import Tensors
import TestSupport
import Testing

@Suite struct ValidFileTests {
  private func open(_ bytes: [UInt8]) throws -> SafetensorsFile {
    let directory = try TemporaryDirectory()
    return try SafetensorsFile(path: directory.write(bytes, to: "t.safetensors"))
  }

  @Test(arguments: ["{}", "{}      ", "{ }", #"{"__metadata__":{}}"#])
  func aFileWithoutTensorsIsRead(header: String) throws {
    #expect(try open(file(header: header)).tensors.isEmpty)
  }

  @Test func tensorsAreListedInTheOrderOfTheirDataWhateverTheHeadersOrder() throws {
    let header =
      "{\(entry("z", "U8", "[2]", 4, 6)),\(entry("a", "F32", "[1]", 0, 4)),\(entry("m", "BF16", "[1]", 6, 8))}"
    let opened = try open(file(header: header, dataByteCount: 8))
    #expect(opened.tensors.map(\.name) == ["a", "z", "m"])
    #expect(opened.header.entries.map(\.byteRange) == [0..<4, 4..<6, 6..<8])
    for entry in opened.header.entries { #expect(opened.header[entry.info.name] == entry) }
  }

  @Test func aTensorIsFoundByTheBytesOfItsName() throws {
    let header = "{\(entry(#"\u0065\u0301\n"#, "U8", "[2,1]", 0, 2)),\(entry("ß", "U8", "[]", 2, 3))}"
    let opened = try open(file(header: header, dataByteCount: 3))
    #expect(opened.header["e\u{301}\n"]?.info == TensorInfo(name: "e\u{301}\n", dtype: .uint8, shape: [2, 1]))
    #expect(opened.header["ß"]?.byteRange == 2..<3)
    #expect(opened.header["\u{E9}\n"] == nil && opened.header["ss"] == nil)
  }

  @Test func tensorsWithoutElementsMayStandAnywhere() throws {
    let header =
      "{\(entry("a", "U8", "[2]", 0, 2)),\(entry("e", "F64", "[0,3]", 2, 2)),\(entry("s", "U8", "[0]", 0, 0)),"
      + "\(entry("b", "U8", "[1]", 2, 3)),\(entry("t", "U8", "[5,0]", 3, 3))}"
    let opened = try open(file(header: header, dataByteCount: 3))
    #expect(opened.tensors.count == 5)
    #expect(try opened.tensor("e").withBytes { $0.byteCount } == 0)
  }

  @Test func theHeaderAndTheDataNeedNoAlignment() throws {
    let header = "{\(entry("a", "U8", "[1]", 0, 1)),\(entry("b", "F32", "[1]", 1, 5))}"
    let opened = try open(file(header: header, dataByteCount: 5))
    #expect(opened.dataOffset == 8 + header.utf8.count)
    #expect(try opened.tensor("b").withBytes { $0.byteCount } == 4)
  }

  @Test func metadataIsKept() throws {
    let opened = try open(file(header: #"{"__metadata__":{"format":"pt","é":"\n"}}"#))
    #expect(opened.header.metadata == ["format": "pt", "é": "\n"])
  }
}

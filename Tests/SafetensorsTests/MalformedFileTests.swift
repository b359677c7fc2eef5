// Files made to hurt: each class of Formats/safetensors.md, with the code it is refused by.
import Basics
import JSON
import Safetensors
import Storage
import Testing

@Suite struct MalformedFileTests {
  @Test func aFileTooShortForItsLengthFieldIsRefused() throws {
    for count in 0..<8 {
      let bytes = [UInt8](repeating: 0, count: count)
      #expect(try refusal(of: bytes) == .noHeaderLength(fileByteCount: count))
    }
  }

  @Test func aHeaderLengthOfZeroIsRefused() throws {
    #expect(try refusal(of: file(header: "")) == .headerNotObject)
  }

  @Test(arguments: [100_000_001, 1 << 40, 1 << 63, UInt64.max])
  func aHeaderLengthOverTheLimitIsRefused(length: UInt64) throws {
    #expect(try refusal(of: file(headerLength: length, header: "{}")) == .headerTooLarge(byteCount: length))
  }

  @Test func aHeaderLengthBeyondTheFileIsRefused() throws {
    let bytes = file(headerLength: 3, header: "{}")
    #expect(try refusal(of: bytes) == .headerBeyondFile(byteCount: 3, available: 2))
    let largest = file(headerLength: 100_000_000, header: "{}")
    #expect(try refusal(of: largest) == .headerBeyondFile(byteCount: 100_000_000, available: 2))
  }

  @Test(arguments: ["[]", " {}", "\n{}", "null", "\u{FEFF}{}", "PK\u{3}\u{4}"])
  func aHeaderThatDoesNotBeginWithABraceIsRefused(header: String) throws {
    #expect(try refusal(of: file(header: header)) == .headerNotObject)
  }

  @Test(arguments: [("{}\n", 10), ("{}  \t", 12), ("{} {}", 11), ("{}PK", 10), ("{}\u{0}", 10)])
  func onlySpacesMayFollowTheHeader(header: String, offset: Int) throws {
    #expect(try refusal(of: file(header: header)) == .padding(offset: offset))
  }

  @Test(
    arguments: [
      (#"{"a""#, JSONError.unexpectedEnd(expected: "':'", offset: 12)),
      (#"{'a':{}}"#, .unexpectedByte(UInt8(ascii: "'"), expected: "a key in quotes", offset: 9)),
      (#"{"a":[]}"#, .unexpectedByte(UInt8(ascii: "["), expected: "an object", offset: 13)),
      (#"{"\ud800":{}}"#, .loneSurrogate(offset: 10)),
      (#"{"__metadata__":{"a":1}}"#, .unexpectedByte(UInt8(ascii: "1"), expected: "a string", offset: 29)),
      (#"{"a":{"dtype":5}}"#, .unexpectedByte(UInt8(ascii: "5"), expected: "a string", offset: 22)),
      (#"{"a":{"shape":["1"]}}"#, .unexpectedByte(UInt8(ascii: "\""), expected: "a digit", offset: 23)),
      (#"{"a":{"shape":[-1]}}"#, .notAnUnsignedInteger(offset: 23)),
      (#"{"a":{"shape":[1.0]}}"#, .notAnUnsignedInteger(offset: 23)),
      (#"{"a":{"shape":[01]}}"#, .notAnUnsignedInteger(offset: 23)),
      (#"{"a":{"shape":[18446744073709551616]}}"#, .notAnUnsignedInteger(offset: 23)),
      (#"{"a":{"shape":[[]]}}"#, .unexpectedByte(UInt8(ascii: "["), expected: "a digit", offset: 23)),
      (#"{"a":{"shape":null}}"#, .unexpectedByte(UInt8(ascii: "n"), expected: "an array", offset: 22)),
    ] as [(String, JSONError)])
  func aHeaderThatIsNotTheExpectedJSONIsRefusedWithItsOffset(header: String, error: JSONError) throws {
    #expect(try refusal(of: file(header: header)) == .json(error))
  }

  // What is wrong is the first "!" of the file, or the name after it.
  @Test(arguments: [
    (##"{}  !"##, "E105"), (##"{"a":!}"##, "E106"), (##"{"a":{"dtype":"U8","shape":[!12]}}"##, "E106"),
    (##"{"__metadata__":{"k":"v"}!}"##, "E106"),
  ])
  func theByteThatAMessageNamesIsTheFilesOwn(header: String, code: String) throws {
    let bytes = file(header: header)
    let message = try #require(try message(of: bytes))
    #expect(message.hasSuffix("[\(code)]"))
    let named = try #require(message.firstMatch(of: /at byte (\d+)/)?.1)
    #expect(Int(named) == bytes.firstIndex(of: UInt8(ascii: "!")))
  }

  @Test(arguments: [
    (#"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{}}"#, #""a":{}"#, "E107"),
    (#"{"":{}}"#, #""":{}"#, "E108"),
    (#"{"__metadata__":{"k":"1","k":"2"}}"#, #""k":"2""#, "E112"),
  ])
  func theByteThatAMessageNamesIsWhereTheNameBegins(header: String, place: String, code: String) throws {
    let bytes = file(header: header)
    let message = try #require(try message(of: bytes))
    #expect(message.hasSuffix("[\(code)]"))
    let named = try #require(message.firstMatch(of: /at byte (\d+)/)?.1)
    #expect(bytes.dropFirst(try #require(Int(named))).starts(with: place.utf8))
  }

  @Test func aDuplicateNameIsRefusedAlsoThroughAnEscapeAndWithoutAnyHole() throws {
    let first = entry("a", "U8", "[1]", 0, 1)
    for second in [entry("a", "U8", "[1]", 0, 1), entry(#"\u0061"#, "U8", "[0]", 1, 1)] {
      let refused = try refusal(of: file(header: "{\(first),\(second)}", dataByteCount: 1))
      #expect(refused == .duplicateName("a", offset: first.utf8.count + 10))
    }
    let metadata = #""__metadata__":{}"#
    #expect(
      try refusal(of: file(header: "{\(metadata),\(metadata)}")) == .duplicateName("__metadata__", offset: 27))
    #expect(
      try refusal(of: file(header: #"{"__metadata__":{"k":"1","\u006b":"2"}}"#))
        == .duplicateMetadata(key: "k", offset: 33))
  }

  @Test func ofADuplicateNameAndAnotherFaultTheOneThatStandsFirstIsReported() throws {
    let a = entry("a", "U8", "[1]", 0, 1)
    let duplicate = SafetensorsError.Reason.duplicateName("a", offset: a.utf8.count + 10)
    for rest in [#""a":{"dtype":"?"}}"#, #""a":{}, "b":{"extra":1}}"#, #""a":{}"#, #""a":nothing"#, "\(a),"] {
      #expect(try refusal(of: file(header: "{\(a),\(rest)", dataByteCount: 1)) == duplicate)
    }
    #expect(try refusal(of: file(header: "{\(a),\(a)}?", dataByteCount: 9)) == duplicate)
    let broken = #""b":{"dtype":"U8","extra":1}"#
    #expect(
      try refusal(of: file(header: "{\(a),\(broken),\(a)}", dataByteCount: 1)) == .tensor("b", .unknownField("extra")))
  }

  @Test(arguments: [
    ("é", "e\u{301}"), ("e\u{301}", "é"), ("e\u{301}", #"\u00e9"#), ("K", "\u{212A}"), ("\u{212A}", "K"),
  ])
  func namesThatUnicodeCallsEquivalentAreDuplicates(first: String, second: String) throws {
    let (a, b) = (entry(first, "U8", "[1]", 0, 1), entry(second, "U8", "[1]", 1, 2))
    guard
      case .duplicateName(_, offset: a.utf8.count + 10) = try refusal(of: file(header: "{\(a),\(b)}", dataByteCount: 2))
    else {
      Issue.record("accepted, or refused for another reason")
      return
    }
  }

  @Test(arguments: ["", #"a\u0000b"#])
  func aNameWithoutCharactersOrWithANullIsRefused(name: String) throws {
    let header = "{\(entry(name, "U8", "[0]", 0, 0))}"
    guard case .invalidName(_, offset: 9) = try refusal(of: file(header: header)) else {
      Issue.record("accepted, or refused for another reason")
      return
    }
  }

  @Test func theFieldsOfATensorAreThreeAndEachIsGivenOnce() throws {
    let fields = [#""dtype":"U8""#, #""shape":[1]"#, #""data_offsets":[0,1]"#]
    func refused(_ fields: [String]) throws -> SafetensorsError.Reason? {
      try refusal(of: file(header: "{\"a\":{\(fields.joined(separator: ","))}}", dataByteCount: 1))
    }
    #expect(try refused(fields) == nil)
    #expect(try refused(fields.reversed()) == nil)
    for (index, name) in ["dtype", "shape", "data_offsets"].enumerated() {
      #expect(try refused(fields + [fields[index]]) == .tensor("a", .duplicateField(name)))
      #expect(try refused(fields.filter { $0 != fields[index] }) == .tensor("a", .missingField(name)))
    }
    #expect(try refused(fields + [#""extra":1"#]) == .tensor("a", .unknownField("extra")))
  }

  @Test(arguments: ["f32", "F8", "", "C128"])
  func aDTypeWeDoNotKnowIsUnsupportedAndNotMalformed(dtype: String) throws {
    let refused = try refusal(of: file(header: "{\(entry("a", dtype, "[1]", 0, 1))}", dataByteCount: 1))
    #expect(refused == .tensor("a", .unknownDType(dtype)))
    #expect(refused?.category == .unsupported)
  }

  @Test(arguments: [
    ("F4", 4, 2), ("I4", 4, 2), ("U4", 4, 2), ("F6_E2M3", 4, 3), ("F6_E3M2", 8, 6), ("F8_E4M3", 3, 3),
    ("F8_E5M2", 3, 3),
    ("F8_E8M0", 1, 1), ("F8_E4M3FNUZ", 2, 2), ("F8_E5M2FNUZ", 2, 2), ("C64", 2, 16),
  ])
  func `types that are never computed with have their sizes`(type: (name: String, count: Int, bytes: Int)) throws {
    let header = "{\(entry("a", type.name, "[\(type.count)]", 0, type.bytes))}"
    #expect(try refusal(of: file(header: header, dataByteCount: type.bytes)) == nil)
    let short = "{\(entry("a", type.name, "[\(type.count)]", 0, type.bytes - 1))}"
    let refused = try refusal(of: file(header: short, dataByteCount: type.bytes - 1))
    #expect(refused == .tensor("a", .sizeMismatch(expected: type.bytes, found: type.bytes - 1)))
    // A tensor without elements has no bytes.
    #expect(try refusal(of: file(header: "{\(entry("a", type.name, "[0, 3]", 0, 0))}")) == nil)
  }

  @Test(arguments: [("F4", 3, 2), ("I4", 1, 1), ("F6_E2M3", 3, 3)])
  func `elements of less than a byte fill whole bytes`(type: (name: String, count: Int, bytes: Int)) throws {
    let header = "{\(entry("a", type.name, "[\(type.count)]", 0, type.bytes))}"
    let refused = try refusal(of: file(header: header, dataByteCount: type.bytes))
    let width = type.name.contains("6") ? 6 : 4
    #expect(refused == .tensor("a", .partialByte(dimensions: [type.count], bitWidth: width)))
  }

  @Test func eightDimensionsAreReadAndNineAreNot() throws {
    #expect(
      try refusal(of: file(header: "{\(entry("a", "U8", "[1,1,1,1,1,1,1,1]", 0, 1))}", dataByteCount: 1)) == nil)
    let refused = try refusal(
      of: file(header: "{\(entry("a", "U8", "[1,1,1,1,1,1,1,1,1]", 0, 1))}", dataByteCount: 1))
    #expect(refused == .tensor("a", .tooManyDimensions))
  }

  // 2^62 x 4 wraps to 0; 2^61 x 8 bytes wraps to 0; SIZE_MAX - 3 in 4-byte elements; zero hiding a huge extent.
  @Test(arguments: [
    ("U8", [1 << 62, 4]), ("F64", [1 << 61]), ("F32", [Int.max / 4 + 1]), ("F32", [Int.max - 3]),
    ("U8", [0, 1 << 62, 4]), ("U8", [1 << 62, 4, 0]), ("U8", [1 << 32, 1 << 31, 0]),
  ])
  func aSizeThatOverflowsIsRefused(dtype: String, shape: [Int]) throws {
    let refused = try refusal(of: file(header: "{\(entry("a", dtype, "\(shape)", 0, 0))}"))
    #expect(refused == .tensor("a", .sizeOverflow(dimensions: shape)))
  }

  @Test(arguments: ["[]", "[0]", "[0,1,2]"])
  func offsetsAreTwo(offsets: String) throws {
    let header = #"{"a":{"dtype":"U8","shape":[1],"data_offsets":\#(offsets)}}"#
    #expect(try refusal(of: file(header: header, dataByteCount: 1)) == .tensor("a", .offsetCount))
  }

  @Test func aRangeThatEndsBeforeItBeginsIsRefused() throws {
    let refused = try refusal(of: file(header: "{\(entry("a", "U8", "[1]", 1, 0))}", dataByteCount: 1))
    #expect(refused == .tensor("a", .reversedOffsets(begin: 1, end: 0)))
  }

  @Test func aRangeOfAnotherSizeThanShapeTimesDTypeIsRefusedWithBothSizes() throws {
    let refused = try refusal(of: file(header: "{\(entry("a", "F32", "[2,3]", 0, 23))}", dataByteCount: 23))
    #expect(refused == .tensor("a", .sizeMismatch(expected: 24, found: 23)))
    let scalar = try refusal(of: file(header: "{\(entry("a", "F32", "[]", 0, 0))}"))
    #expect(scalar == .tensor("a", .sizeMismatch(expected: 4, found: 0)))
  }

  @Test func anOverlapIsRefusedWithBothTensorsAndOffsets() throws {
    let header = "{\(entry("b", "U8", "[4]", 3, 7)),\(entry("a", "U8", "[4]", 0, 4))}"
    let refused = try refusal(of: file(header: header, dataByteCount: 7))
    #expect(refused == .tensor("b", .overlap(begin: 3, previous: "a", previousEnd: 4)))
    let twice = "{\(entry("a", "U8", "[4]", 0, 4)),\(entry("b", "U8", "[4]", 0, 4))}"
    guard
      case .tensor(_, .overlap(begin: 0, _, previousEnd: 4)) = try refusal(of: file(header: twice, dataByteCount: 4))
    else {
      Issue.record("the same range was given twice")
      return
    }
  }

  @Test func aHoleIsRefused() throws {
    let header = "{\(entry("a", "U8", "[4]", 0, 4)),\(entry("b", "U8", "[4]", 5, 9))}"
    let refused = try refusal(of: file(header: header, dataByteCount: 9))
    #expect(refused == .tensor("b", .hole(begin: 5, previousEnd: 4)))
    let atTheStart = try refusal(of: file(header: "{\(entry("a", "U8", "[4]", 1, 5))}", dataByteCount: 5))
    #expect(atTheStart == .tensor("a", .hole(begin: 1, previousEnd: 0)))
  }

  @Test func aTailIsRefused() throws {
    let header = "{\(entry("a", "U8", "[4]", 0, 4))}"
    #expect(try refusal(of: file(header: header, dataByteCount: 5)) == .tail(dataEnd: 4, dataByteCount: 5))
    #expect(try refusal(of: file(header: "{}", dataByteCount: 1)) == .tail(dataEnd: 0, dataByteCount: 1))
  }

  @Test func dataBeyondTheEndOfTheFileIsRefused() throws {
    let header = "{\(entry("a", "U8", "[4]", 0, 4))}"
    #expect(
      try refusal(of: file(header: header, dataByteCount: 3))
        == .tensor("a", .beyondFile(end: 4, dataByteCount: 3)))
    let far = "{\(entry("a", "U8", "[\(Int.max)]", 0, Int.max))}"
    #expect(try refusal(of: file(header: far)) == .tensor("a", .beyondFile(end: Int.max, dataByteCount: 0)))
  }

  @Test func messagesNameTheFileEscapeNamesAndEndInTheCode() {
    let error = SafetensorsError(path: "a\nb", reason: .tensor("w\u{1B}[2J", .sizeMismatch(expected: 8, found: 4)))
    #expect(
      error.description == #"a\u{a}b: tensor 'w\u{1b}[2J': expected 8 bytes by shape and dtype, found 4 [E118]"#)
  }
}

// What is JSON and what is not: RFC 8259, and the inputs that json-c is known to accept or change.
import JSON
import Testing

@Suite struct JSONSyntaxTests {
  @Test(
    arguments: [
      ("null", JSONValue.null),
      (" \t\r\n true ", true),
      ("false", false),
      ("0", 0),
      ("-12", -12),
      (#""""#, ""),
      (#""a""#, "a"),
      (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
      (#""\u00e9\u5c42""#, "é层"),
      (#""\ud83d\uDE00""#, "😀"),
      (#""\u0000""#, "\u{0}"),
      ("\"é层😀\u{7F}\"", "é层😀\u{7F}"),
      ("[]", []),
      ("[ 1 , [2] ]", [1, [2]]),
      ("{}", [:]),
      (#"{"a":{"b":null},"":[]}"#, ["a": ["b": nil], "": []]),
    ] as [(String, JSONValue)])
  func validTextIsReadAs(text: String, expected: JSONValue) throws {
    #expect(try JSONValue(parsing: text) == expected)
  }

  @Test(
    arguments: [
      ("", JSONError.unexpectedEnd(expected: "a value", offset: 0)),
      ("  ", .unexpectedEnd(expected: "a value", offset: 2)),
      ("nul", .unexpectedEnd(expected: "'null'", offset: 3)),
      ("True", .unexpectedByte(UInt8(ascii: "T"), expected: "a value", offset: 0)),
      ("NaN", .unexpectedByte(UInt8(ascii: "N"), expected: "a value", offset: 0)),
      ("[Infinity]", .unexpectedByte(UInt8(ascii: "I"), expected: "a value", offset: 1)),
      ("-Infinity", .unexpectedByte(UInt8(ascii: "I"), expected: "a digit", offset: 1)),
      ("+1", .unexpectedByte(UInt8(ascii: "+"), expected: "a value", offset: 0)),
      (".5", .unexpectedByte(UInt8(ascii: "."), expected: "a value", offset: 0)),
      ("1.", .unexpectedEnd(expected: "a digit", offset: 2)),
      ("1e", .unexpectedEnd(expected: "a digit", offset: 2)),
      ("1e+", .unexpectedEnd(expected: "a digit", offset: 3)),
      ("-", .unexpectedEnd(expected: "a digit", offset: 1)),
      ("01", .trailingBytes(offset: 1)),
      ("[-01]", .unexpectedByte(UInt8(ascii: "1"), expected: "',' or ']'", offset: 3)),
      ("0x10", .trailingBytes(offset: 1)),
      ("1 2", .trailingBytes(offset: 2)),
      ("{} x", .trailingBytes(offset: 3)),
      ("null\u{0}", .trailingBytes(offset: 4)),
      ("// c\n1", .unexpectedByte(UInt8(ascii: "/"), expected: "a value", offset: 0)),
      ("[1/* c */]", .unexpectedByte(UInt8(ascii: "/"), expected: "',' or ']'", offset: 2)),
      ("[1,]", .unexpectedByte(UInt8(ascii: "]"), expected: "a value", offset: 3)),
      ("[,1]", .unexpectedByte(UInt8(ascii: ","), expected: "a value", offset: 1)),
      ("[1 2]", .unexpectedByte(UInt8(ascii: "2"), expected: "',' or ']'", offset: 3)),
      ("[1", .unexpectedEnd(expected: "',' or ']'", offset: 2)),
      ("[1}", .unexpectedByte(UInt8(ascii: "}"), expected: "',' or ']'", offset: 2)),
      (#"{"a":1,}"#, .unexpectedByte(UInt8(ascii: "}"), expected: "a key in quotes", offset: 7)),
      (#"{"a" 1}"#, .unexpectedByte(UInt8(ascii: "1"), expected: "':'", offset: 5)),
      (#"{"a":}"#, .unexpectedByte(UInt8(ascii: "}"), expected: "a value", offset: 5)),
      ("{'a':1}", .unexpectedByte(UInt8(ascii: "'"), expected: "a key in quotes", offset: 1)),
      ("{a:1}", .unexpectedByte(UInt8(ascii: "a"), expected: "a key in quotes", offset: 1)),
      ("'a'", .unexpectedByte(UInt8(ascii: "'"), expected: "a value", offset: 0)),
      (#""a"#, .unexpectedEnd(expected: "'\"'", offset: 2)),
      (#""a\""#, .unexpectedEnd(expected: "'\"'", offset: 4)),
      (#""a\"#, .unexpectedEnd(expected: "'\"'", offset: 3)),
      (#""\x41""#, .invalidEscape(offset: 1)),
      (#""\u12""#, .invalidEscape(offset: 1)),
      (#""\u12g4""#, .invalidEscape(offset: 1)),
      (#""\U0041""#, .invalidEscape(offset: 1)),
      (#""ab\ud800""#, .loneSurrogate(offset: 3)),
      (#""\ud800x""#, .loneSurrogate(offset: 1)),
      (#""\ud800\n""#, .loneSurrogate(offset: 1)),
      (#""\ud800\ud800""#, .loneSurrogate(offset: 1)),
      (#""\udc00""#, .loneSurrogate(offset: 1)),
      (#""\udc00\ud800""#, .loneSurrogate(offset: 1)),
      ("\"a\nb\"", .controlCharacter(0x0A, offset: 2)),
      ("\"a\u{0}b\"", .controlCharacter(0, offset: 2)),
      ("\u{FEFF}1", .unexpectedByte(0xEF, expected: "a value", offset: 0)),
      ("[1\u{A0}]", .unexpectedByte(0xC2, expected: "',' or ']'", offset: 2)),
      (#"{"a":1,"b":2,"a":3}"#, .duplicateKey("a", offset: 13)),
      (#"{"a":1,"\u0061":3}"#, .duplicateKey("a", offset: 7)),
      (#"{"a\u0000x":1,"a\u0000x":3}"#, .duplicateKey("a\u{0}x", offset: 14)),
      (#"[{"":{"k":1,"k":1}}]"#, .duplicateKey("k", offset: 12)),
    ] as [(String, JSONError)])
  func invalidTextIsRefusedWithItsOffset(text: String, expected: JSONError) {
    #expect(throws: expected) { try JSONValue(parsing: text) }
  }

  @Test(
    arguments: [
      ([0x22, 0x61, 0xFF, 0x22], 2),  // never a UTF-8 byte
      ([0x22, 0xC3, 0x22], 1),  // sequence cut short
      ([0x22, 0xC0, 0xAF, 0x22], 1),  // overlong '/'
      ([0x22, 0xED, 0xA0, 0x80, 0x22], 1),  // surrogate in UTF-8
      ([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], 1),  // above U+10FFFF
      ([0x22, 0x5C, 0x6E, 0x80, 0x22], 3),  // after an escape
    ] as [([UInt8], Int)])
  func bytesThatAreNotUTF8AreRefusedWithTheirOffset(bytes: [UInt8], offset: Int) {
    #expect(throws: JSONError.invalidUTF8(offset: offset)) { try JSONValue(parsing: bytes) }
  }

  @Test func keysWithEqualBeginningsBeforeANullCharacterAreDifferent() throws {
    let value = try JSONValue(parsing: #"{"a\u0000x":1,"a\u0000y":2,"a":3}"#)
    #expect(value["a\u{0}x"] == 1 && value["a\u{0}y"] == 2 && value["a"] == 3)
  }

  @Test func keysThatAreOnlyCanonicallyEquivalentAreDifferent() throws {
    let value = try JSONValue(parsing: "{\"\u{E9}\":1,\"e\u{301}\":2}")
    #expect(value["\u{E9}"] == 1)
    #expect(value["e\u{301}"] == 2)
  }

  @Test func nestingIsAllowedUpToTheLimitAndNotBeyond() throws {
    let limits = JSONLimits(depth: 3)
    _ = try JSONValue(parsing: #"[{"a":[]},[[]]]"#, limits: limits)
    #expect(throws: JSONError.tooDeep(limit: 3, offset: 3)) { try JSONValue(parsing: "[[[[]]]]", limits: limits) }
    let hostile = String(repeating: #"{"a":"#, count: 200)
    #expect(throws: JSONError.tooDeep(limit: 64, offset: 320)) { try JSONValue(parsing: hostile) }
  }

  @Test func aTextOverTheLimitIsRefusedUnread() {
    #expect(throws: JSONError.tooLong(byteCount: 4, limit: 3)) {
      try JSONValue(parsing: "null", limits: JSONLimits(byteCount: 3))
    }
  }

  @Test func aSliceCountsOffsetsFromItsOwnBeginning() {
    let bytes = Array("xxxx[1,]".utf8)
    #expect(throws: JSONError.unexpectedByte(UInt8(ascii: "]"), expected: "a value", offset: 3)) {
      try JSONValue(parsing: bytes[4...])
    }
  }

  @Test func everyErrorIsOneLineOfPrintableASCII() {
    let errors: [JSONError] = [
      .duplicateKey("\u{1B}[31m\n\u{202E}é\"", offset: 1), .unwritableKey("a\u{0}b"),
      .unexpectedByte(0x1B, expected: "a value", offset: 0), .controlCharacter(0x0A, offset: 9),
    ]
    for error in errors { #expect(error.description.utf8.allSatisfy { (0x20...0x7E).contains($0) }) }
    #expect(errors[0].description == #"duplicate key "\u001b[31m\u000a\u202e\u00e9\"" at byte 1"#)
  }
}

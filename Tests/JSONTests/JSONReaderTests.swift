// The pull reader as the safetensors header uses it.
import JSON
import Testing

@Suite struct JSONReaderTests {
  @Test func membersAreReadOneAfterAnotherWithTheirOffsets() throws {
    let text = Array(#"{"a" : [1, 22], "b": {"c": true}, "d": [[], {}]}"#.utf8)
    var reader = try JSONReader(text.span)
    try reader.beginObject()
    let first = try reader.nextKey()
    #expect(first == "a")
    #expect(reader.tokenOffset == 1)
    try reader.beginArray()
    var integers: [Int] = []
    while try reader.nextElement() { integers.append(try reader.readUnsignedInteger()) }
    #expect(integers == [1, 22])
    #expect(reader.tokenOffset == 11)
    let second = try reader.nextKey()
    #expect(second == "b")
    try reader.skipValue()
    let third = try reader.nextKey()
    #expect(third == "d")
    try reader.skipValue()
    let end = try reader.nextKey()
    #expect(end == nil)
    try reader.finish()
  }

  @Test(arguments: ["-1", "-0", "1.0", "1e3", "01", "00", "9223372036854775808", "18446744073709551616"])
  func onlyDigitsThatFitAreAnUnsignedInteger(text: String) throws {
    let bytes = Array((" " + text).utf8)
    #expect(throws: JSONError.notAnUnsignedInteger(offset: 1)) {
      var reader = try JSONReader(bytes.span)
      _ = try reader.readUnsignedInteger()
    }
  }

  @Test func theLargestIntegerIsReadExactly() throws {
    let bytes = Array("9223372036854775807".utf8)
    var reader = try JSONReader(bytes.span)
    let value = try reader.readUnsignedInteger()
    #expect(value == Int.max)
  }

  @Test func aStringIsNotAnInteger() {
    let bytes = Array("\"12\"".utf8)
    #expect(throws: JSONError.unexpectedByte(UInt8(ascii: "\""), expected: "a digit", offset: 0)) {
      var reader = try JSONReader(bytes.span)
      _ = try reader.readUnsignedInteger()
    }
  }

  @Test func skippingChecksTheSyntaxOfWhatItSkips() {
    let bytes = Array(#"{"a":[1,]}"#.utf8)
    #expect(throws: JSONError.unexpectedByte(UInt8(ascii: "]"), expected: "a value", offset: 8)) {
      var reader = try JSONReader(bytes.span)
      try reader.skipValue()
    }
  }

  @Test(arguments: ["", "a", "dtype", "dtypes", "é", #"\u0061"#, #"d\u0074ype"#, #"\n\"\\"#, #"\ud83d\ude80"#])
  func aTextLeftInPlaceIsTheStringItWouldBeReadAs(literal: String) throws {
    let bytes = Array(#"{"\#(literal)":1}"#.utf8)
    let expected = try JSONValue(parsing: bytes).objectValue?.keys.first
    var reader = try JSONReader(bytes.span)
    try reader.beginObject()
    let text = try reader.nextKeyText()
    guard let text, let expected else {
      Issue.record("no key")
      return
    }
    let (string, isDType, isEmpty) = (reader.string(text), reader.matches(text, "dtype"), reader.matches(text, ""))
    #expect(string == expected && isDType == (expected == "dtype") && isEmpty == expected.isEmpty)
    var appended: [UInt8] = [1]
    reader.append(text, to: &appended)
    #expect(appended == [1] + Array(expected.utf8))
  }
}

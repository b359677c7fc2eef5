// JSON out: what was read is written again as it was.
import JSON
import Testing

@Suite struct JSONWritingTests {
  private func text(_ value: JSONValue, _ style: JSONStyle) throws -> String {
    String(decoding: try value.serialized(style), as: UTF8.self)
  }

  // What Python's json.dumps(indent=2, ensure_ascii=False) writes.
  private let pretty = """
    {
      "b": [],
      "a": {},
      "path": "x/y",
      "list": [
        1e-06,
        -0.0,
        123456789012345678901234567890,
        "é层😀",
        null,
        [
          true,
          false
        ]
      ],
      "": {
        "rms_norm_eps": 1e-05
      }
    }
    """

  @Test func orderLiteralsAndRawTextSurvive() throws {
    let value = try JSONValue(parsing: pretty)
    #expect(try text(value, .pretty) == pretty)
    #expect(
      try text(value, .compact)
        == #"{"b":[],"a":{},"path":"x/y","list":[1e-06,-0.0,123456789012345678901234567890,"é层😀",null,[true,false]],"#
        + #""":{"rms_norm_eps":1e-05}}"#)
  }

  @Test func canonicalTextSortsKeysByTheirBytesAtEveryLevel() throws {
    let value = try JSONValue(parsing: "{\"é\":1,\"z\":{\"b\":[{\"y\":0,\"x\":0}],\"a\":2},\"Z\":3,\"ﬀ\":4,\"😀\":5}")
    #expect(
      try text(value, .canonical) == "{\"Z\":3,\"z\":{\"a\":2,\"b\":[{\"x\":0,\"y\":0}]},\"é\":1,\"ﬀ\":4,\"😀\":5}")
  }

  @Test func everyCharacterIsReadBackAsItWas() throws {
    let scalars = (0...0x2FF).compactMap(UnicodeScalar.init) + ["\u{2028}", "\u{FFFD}", "\u{10FFFF}"]
    let string = String(String.UnicodeScalarView(scalars))
    let written = try JSONValue.string(string).serialized()
    #expect(written.allSatisfy { $0 >= 0x20 })
    #expect(try JSONValue(parsing: written).stringValue?.unicodeScalars.elementsEqual(scalars) == true)
  }

  @Test func anyValueCanBeTheRoot() throws {
    let roots: [(JSONValue, String)] = [
      (nil, "null"), (true, "true"), (7, "7"), ("s", "\"s\""), ([], "[]"), ([:], "{}"),
    ]
    for (value, expected) in roots { #expect(try text(value, .compact) == expected) }
  }

  @Test func aKeyThatJSONCWouldCutIsRefused() {
    let value: JSONValue = [["a\u{0}b": 1]]
    #expect(throws: JSONError.unwritableKey("a\u{0}b")) { try value.serialized() }
  }

  @Test(arguments: [0.1, -0.0, 1e-6, 1.0, 1e300, .leastNonzeroMagnitude, .pi, 123_456_789.125])
  func aDoubleIsWrittenSoThatItIsReadBackExactly(value: Double) throws {
    let written = try JSONValue.double(value).serialized()
    #expect(try JSONValue(parsing: written).doubleValue?.bitPattern == value.bitPattern)
  }

  @Test func notANumberHasNoJSONForm() {
    #expect(JSONValue.double(.nan).isNull)
    #expect(JSONValue.double(.infinity).isNull)
  }
}

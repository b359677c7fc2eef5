// Strings from files on their way to a terminal.
import Basics
import Testing

@Suite struct DisplayedTextTests {
  @Test func `whatever a terminal would act on is escaped`() {
    let ranges: [ClosedRange<UInt32>] = [
      0...0x1F, 0x7F...0x9F, 0x61C...0x61C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF...0xFEFF,
    ]
    for value in ranges.joined() {
      let text = Unicode.Scalar(value).map { "a\($0)b" } ?? ""
      #expect(text.escaped == "a\\u{\(String(value, radix: 16))}b")
    }
    #expect("a\u{1B}[31m\u{9B}2J\u{202E}\nb".escaped == #"a\u{1b}[31m\u{9b}2J\u{202e}\u{a}b"#)
  }

  @Test func `other text stays as it is, and escaping twice is escaping once`() {
    for text in ["", "layers.0", "日本語 é e\u{301} 👩🏽", #"C:\u{1b}"#, "\u{1B}\u{7F}"] {
      #expect(text.escaped.escaped == text.escaped)
      #expect(text.displayed == text.escaped)
    }
    #expect("日本語 é e\u{301} 👩🏽".escaped == "日本語 é e\u{301} 👩🏽")
  }

  @Test func `names are cut after 200 scalars`() {
    let text = String(repeating: "x", count: 200)
    #expect(text.displayed == text)
    #expect((text + "y").displayed == text + "…")
    #expect((String(repeating: "e\u{301}", count: 1000)).displayed.unicodeScalars.count == 201)
  }

  @Test func `running text keeps joiners and direction marks and loses what drives a terminal`() {
    for scalar: Unicode.Scalar in ["\u{200C}", "\u{200D}", "\u{200E}", "\u{200F}", "\u{61C}", "\u{FEFF}", "\u{2060}"] {
      #expect(scalar.isUnsafeToPrint && !scalar.drivesTerminal)
    }
    for scalar: Unicode.Scalar in ["\u{0}", "\u{1B}", "\n", "\u{7F}", "\u{9B}", "\u{202E}", "\u{2066}", "\u{2028}"] {
      #expect(scalar.isUnsafeToPrint && scalar.drivesTerminal)
    }
  }
}

// Cards as they are written, and sections of them that are written again.
import ModelCards
import Testing

@Suite struct ModelCardTests {
  @Test func `what is written is quoted, and is read back as it was`() {
    let texts = [
      "mit", "no", "1.0", "a: b", "#x", "- y", "it's", "say \"x\" \\ y", "中文", "[a]", "&x", "a\nb", "null", "", "@x",
    ]
    let card = ModelCard([("license", .text("x: \"y\"")), ("tags", .list(texts))], body: ["# A", "", "b"])
    let text = String(decoding: card.bytes, as: UTF8.self)
    #expect(text.hasPrefix("---\nlicense: \"x: \\\"y\\\"\"\ntags:\n- \"mit\"\n- \"no\"\n"))
    #expect(text.contains("- \"a\\U0000000ab\"\n") && text.hasSuffix("- \"@x\"\n---\n\n# A\n\nb\n"))
    let plain = texts.filter { !$0.contains("\n") }
    let again = ModelCard([("license", .text("x: \"y\"")), ("tags", .list(plain))], body: [])
    let matter = FrontMatter(of: again.bytes, keys: ["license", "tags"])
    #expect(matter.values["license"] == .text("x: \"y\"") && matter.values["tags"] == .list(plain), "\(matter)")
  }

  private let card = """
    # A
    <!-- skyquant verify: begin -->
    old
    older
    <!-- skyquant verify: end -->
    b\r
    <!-- skyquant evaluate: begin -->
    <!-- skyquant evaluate: end -->
    """

  @Test func `only what stands between the markers changes`() throws {
    let changed = try #require(CardSection.verify.replacing(in: Array(card.utf8), with: ["new", "", "x"]))
    #expect(String(decoding: changed, as: UTF8.self) == card.replacing("old\nolder", with: "new\n\nx"))
    let other = try #require(CardSection.evaluate.replacing(in: changed, with: ["y"]))
    let back = CardSection.evaluate.replacing(in: other, with: [])
    #expect(other != changed && back == changed)
    #expect(
      CardSection.verify.lines(["a"]) == ["<!-- skyquant verify: begin -->", "a", "<!-- skyquant verify: end -->"])
  }

  @Test(arguments: [
    ("verify: begin", "verify: start"), ("verify: end", "verify: stop"), ("old\n", "<!-- skyquant verify: begin -->\n"),
    ("# A\n", "<!-- skyquant verify: end -->\n"), ("<!-- skyquant verify: begin", "x <!-- skyquant verify: begin"),
  ]) func `a card without the markers, once each and in order, is refused`(old: String, new: String) {
    let bytes = Array(card.replacing(old, with: new).utf8)
    #expect(CardSection.verify.replacing(in: bytes, with: []) == nil)
  }

  @Test func `markers in the wrong order are refused`() {
    let bytes = Array("<!-- skyquant verify: end -->\n<!-- skyquant verify: begin -->".utf8)
    #expect(CardSection.verify.replacing(in: bytes, with: []) == nil)
    #expect(CardSection.layout.replacing(in: [], with: []) == nil)
  }
}

// Front matter of model cards: what is plainly understood is read, what is not is named. Oracle of the values: PyYAML 6, BaseLoader.
import ModelCards
import Testing

@Suite struct FrontMatterTests {
  private let keys: Set = ["license", "language", "tags", "license_name"]

  private func read(_ yaml: String, _ end: String = "\n") -> FrontMatter {
    let text =
      (["---"] + yaml.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) + ["---", "# x"])
    return FrontMatter(of: Array(text.joined(separator: end).utf8), keys: keys)
  }

  @Test(arguments: [
    ("license: mit", FrontMatter.Value.text("mit")), ("license:   apache-2.0  # free", .text("apache-2.0")),
    ("license: 'it''s'", .text("it's")), (#"license: "a \"b\" \\c" # d"#, .text(#"a "b" \c"#)),
    ("license: https://x.org/a#b", .text("https://x.org/a#b")), ("\"license\": mit", .text("mit")),
    ("license: other\nlicense_name: x", .text("other")), ("license: no", .text("no")), ("license: 1.0", .text("1.0")),
    ("license: [mit, 'a, b', \"c\"]", .list(["mit", "a, b", "c"])), ("license: [ mit , ]", .list(["mit"])),
    ("license:\n- mit\n- no  # Norwegian", .list(["mit", "no"])),
    ("license:\n  - mit\n\n  - 'x: y'", .list(["mit", "x: y"])),
    ("# c\n\nlicense:   \n# c\n- 中文", .list(["中文"])),
    ("model-index:\n- name: x\n  license: gpl\nlicense: mit", .text("mit")),
  ]) func `a scalar or a list is read`(yaml: String, value: FrontMatter.Value) {
    for end in ["\n", "\r\n"] {
      let matter = read(yaml, end)
      #expect(matter.values["license"] == value && matter.unread == [], "\(matter)")
    }
  }

  @Test(arguments: [
    "license: |\n  mit", "license: >-\n  mit", "license: &a mit", "license: *a", "license: !!str mit",
    "license: {a: b}",
    "license: mit\n  and more", "license:\n  name: mit", "license: 'mit", #"license: "\x41""#, "license: a: b",
    "license: [mit", "license: [[mit]]", "license: [a: b]", "license: [mit] x", "license:\n- - mit",
    "license:\n- mit\n  - x",
    "license:\n- mit\nx", "license: mit\nlicense: gpl", "license: 'a' b", "license: %x", "license: @x", "license:\n- ",
  ]) func `what is not plainly understood is named and left out`(yaml: String) {
    let matter = read(yaml)
    #expect(matter.values["license"] == nil && matter.unread == ["license"], "\(matter)")
  }

  @Test(arguments: [
    "license:", "license: null", "license: ~", "license: []", "license: # none", "other: x\n  license: mit",
    "Xlicense: mit",
  ]) func `nothing is nothing`(yaml: String) {
    #expect(read(yaml).values.isEmpty && read(yaml).unread.isEmpty)
  }

  @Test(arguments: [
    "", "# A model\nlicense: mit", "---\nlicense: mit", "----\nlicense: mit\n---", " ---\nlicense: mit\n---",
  ])
  func `a card without front matter has no values`(card: String) {
    #expect(FrontMatter(of: Array(card.utf8), keys: keys) == FrontMatter(of: [], keys: keys))
  }

  @Test func `bytes that are no UTF-8, and front matter without end, do no harm`() {
    let bytes = Array("---\nlicense: ".utf8) + [0xFF, 0xFE] + Array("\n---\n".utf8)
    #expect(FrontMatter(of: bytes, keys: keys).values["license"] == .text("\u{FFFD}\u{FFFD}"))
    let endless = Array("---\n".utf8) + [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 20)
    #expect(FrontMatter(of: endless, keys: keys).values.isEmpty)
  }
}

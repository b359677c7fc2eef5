// Lines that are wider than where they are shown.
import Basics
import Testing

@Suite struct LineBreakingTests {
  private func lines(_ text: StyledText, _ columns: Int) -> [String] { text.broken(columns: columns).map(\.plain) }

  @Test func `a line that fits stays as it is`() {
    #expect(lines("a  b", 4) == ["a  b"] && lines("", 1) == [""])
  }

  @Test func `a line is broken at its last space that fits, and goes on two columns further in`() {
    #expect(lines("one two three four", 9) == ["one two", "  three", "  four"])
    #expect(lines("  one two three", 10) == ["  one two", "    three"])
  }

  @Test func `spaces in a line stay, and none stand at a break`() {
    #expect(lines("a  b  ·  c  d", 9) == ["a  b  ·", "  c  d"])
  }

  @Test func `a word that is too wide stays whole`() {
    #expect(
      lines("see language_model.model.layers.0 there", 10) == ["see", "  language_model.model.layers.0", "  there"])
    #expect(lines("language_model.model", 10) == ["language_model.model"])
  }

  @Test func `what is copied as it stands is not broken`() {
    let digest = StyledText("6127eccadf  model.safetensors", .verbatim)
    #expect(lines(digest, 12) == ["6127eccadf  model.safetensors"])
  }

  @Test func `a command goes on behind a backslash, and the text around it without`() {
    let command = StyledText.command("skyquant", "verify", "'my model'", "--text", "FILE")
    #expect(
      lines("next: \(command) for all", 26) == [
        "next: skyquant verify \\", "  'my model' --text FILE", "  for all",
      ])
  }

  @Test func `roles stay with their words`() {
    let broken = StyledText("\("error:", .bad) no such file").broken(columns: 12)
    #expect(broken == ["\("error:", .bad) no", "  such file"])
  }
}

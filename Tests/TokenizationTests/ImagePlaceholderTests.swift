// `<image>` in prompts, as `model.chat` of InternVL treats it.
import JSON
import Testing
import Tokenization

@Suite("Image placeholders")
struct ImagePlaceholderTests {
  private func render(_ question: String, _ counts: [Int], system: String? = nil) throws -> String {
    try ChatTemplate(named: "none").render(system: system, question: question, imageTokenCounts: counts)
  }

  @Test("Without placeholders each image gets a line before the question")
  func prefixes() throws {
    #expect(try render("Q", [1]) == "<img><IMG_CONTEXT></img>\nQ")
    #expect(
      try render("Q", [2, 1])
        == "<img><IMG_CONTEXT><IMG_CONTEXT></img>\n<img><IMG_CONTEXT></img>\nQ")
  }

  @Test("Placeholders in the question are filled in order and none are added")
  func fills() throws {
    #expect(
      try render("A <image> B<image>", [1, 2])
        == "A <img><IMG_CONTEXT></img> B<img><IMG_CONTEXT><IMG_CONTEXT></img>")
  }

  @Test("What is left when each image has a place stays as it is written, where that is asked for")
  func keepsFurther() throws {
    func render(_ question: String, _ counts: [Int]) throws -> String {
      try ChatTemplate(named: "none").render(
        question: question, imageTokenCounts: counts, keepsFurtherPlaceholders: true)
    }
    #expect(try render("<image>\nA <image> B<image>", [1]) == "<img><IMG_CONTEXT></img>\nA <image> B<image>")
    #expect(try render("<image>", []) == "<image>")
    #expect(throws: ChatTemplateError.placeholderCount(expected: 2, found: 1)) { try render("<image>", [1, 1]) }
  }

  @Test("The first placeholder counts wherever it stands, also in the system text")
  func countsInTheSystemText() throws {
    #expect(
      try render("Q <image>", [1, 2], system: "S <image>|")
        == "S <img><IMG_CONTEXT></img>|Q <img><IMG_CONTEXT><IMG_CONTEXT></img>")
  }

  @Test("A placeholder is found although a combining mark or a line break follows")
  func comparesScalars() throws {
    let prompt = try render("<image>\u{301}<image>\r\n", [1, 1])
    #expect(scalars(prompt) == scalars("<img><IMG_CONTEXT></img>\u{301}<img><IMG_CONTEXT></img>\r\n"))
  }

  @Test("In a conversation the placeholders come before the first message, or where they are written")
  func prefixesTheFirstMessage() throws {
    let template = try ChatTemplate(named: "none")
    let plain = [ChatMessage(.user, "1"), ChatMessage(.assistant, "2"), ChatMessage(.user, "3")]
    #expect(try template.render(messages: plain, imageTokenCounts: [1]) == "<img><IMG_CONTEXT></img>\n123")
    let placed = [ChatMessage(.user, "1"), ChatMessage(.assistant, "2"), ChatMessage(.user, "<image>3")]
    #expect(try template.render(messages: placed, imageTokenCounts: [1]) == "12<img><IMG_CONTEXT></img>3")
  }

  @Test("More or fewer placeholders than images are an error that tells both numbers")
  func refusesMismatches() throws {
    #expect(throws: ChatTemplateError.placeholderCount(expected: 2, found: 1)) { try render("<image>", [1, 1]) }
    #expect(throws: ChatTemplateError.placeholderCount(expected: 1, found: 2)) { try render("<image><image>", [1]) }
    #expect(throws: ChatTemplateError.placeholderCount(expected: 0, found: 1)) { try render("<image>", []) }
    #expect(throws: ChatTemplateError.emptyImage(index: 1, tokenCount: 0)) { try render("Q", [1, 0]) }
  }

  @Test("The sample's prompts have the ids that the reference implementation saw")
  func matchesTheGoldens() throws {
    let tokenizer = try Tokenizer(files: Fixtures.tokenizerFiles("tiny-r1v"))
    let template = try ChatTemplate(named: "internvl2_5")
    for golden in try #require(Fixtures.json("expected/tiny-r1v-prompts.json").arrayValue) {
      let prompt = try template.render(
        system: golden["system"]?.stringValue, question: #require(golden["question"]?.stringValue),
        imageTokenCounts: [#require(golden["imageTokens"]?.intValue)])
      #expect(tokenizer.encode(prompt) == golden["ids"]?.integers)
      let answer = try #require(golden["generated"]?.integers)
      #expect(tokenizer.decode(answer) == golden["reference"]?.stringValue)
    }
  }
}

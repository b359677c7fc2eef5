// Prompts of templates that follow those of known models, against transformers' apply_chat_template.
import JSON
import Jinja
import Testing

@Suite("Agreement with transformers")
struct TransformersAgreementTests {
  @Test("Every conversation has transformers' prompt, byte for byte", arguments: Fixtures.templateNames)
  func rendersLikeTransformers(name: String) throws {
    let inputs = try Fixtures.json("conversations.json")
    let template = try ChatTemplateProgram(parsing: Fixtures.template(name))
    let cases = try #require(inputs["cases"]?.arrayValue)
    let expected = try #require(Fixtures.json("expected/\(name).json").arrayValue)
    try #require(cases.count == expected.count)
    for (pair, expectation) in zip(cases, expected) {
      let conversation = try #require(pair.arrayValue?.first?.stringValue)
      let setting = try #require(pair.arrayValue?.last?.stringValue)
      let rendered = try outcome {
        try render(
          template, try #require(inputs["conversations"]?[conversation]?.arrayValue), inputs, setting)
      }
      #expect(try rendered == Outcome(expectation), "\(name): \(conversation), \(setting)")
    }
  }

  private func render(
    _ template: ChatTemplateProgram, _ messages: [JSONValue], _ inputs: JSONValue, _ setting: String
  ) throws -> String {
    let options = try #require(inputs["settings"]?[setting])
    var variables = try #require(inputs["tokens"]?.objectValue)
    for (name, value) in options["variables"]?.objectValue?.members ?? [] { variables[name] = value }
    return try template.render(
      messages: messages, tools: options["tools"]?.arrayValue, documents: options["documents"]?.arrayValue,
      addGenerationPrompt: options["add_generation_prompt"]?.boolValue ?? false, variables: variables,
      date: Fixtures.date)
  }

  @Test("The corpus follows at least 60 models, and most of their prompts are texts")
  func corpusIsWhole() throws {
    #expect(Fixtures.templateNames.count >= 60)
    var counts = (texts: 0, refusals: 0)
    for name in Fixtures.templateNames {
      for expectation in try #require(Fixtures.json("expected/\(name).json").arrayValue) {
        switch try Outcome(expectation) {
        case .text: counts.texts += 1
        case .raised: counts.refusals += 1
        case .failure: break
        }
      }
    }
    #expect(counts.texts >= 1_500 && counts.refusals >= 90)
  }
}

// The whole forward pass against tensors that PyTorch computed in fp32 for two small models.
import ReferenceModel
import Tensors
import Testing

@Suite struct GoldenTests {
  /// Id of `<IMG_CONTEXT>` in both models' tokenizers.
  static let imageContextToken = 455
  /// Id of `<|im_end|>`, which ends every golden answer that is shorter than 48 tokens.
  static let stopToken = 452
  static let names = ["tiny-r1v.0", "tiny-r1v.1", "tiny-r1v.4", "random-vit300m.2", "random-vit300m.5"]

  @Test(arguments: names)
  func `every hidden state equals PyTorch's`(name: String) throws {
    let golden = try Golden(name)
    var trace: [String: [Float]] = [:]
    let sink: TraceSink = { trace[$0, default: []] += $1.values }
    let prompt = try embeddedPrompt(golden, trace: sink)
    var cache = KVCache(layerCount: golden.model.language.layerCount)
    let hidden = try golden.model.language(prompt, cache: &cache, trace: sink)
    trace["logits"] = golden.model.language.logits(hidden).values
    for name in golden.traceNames {
      let distance = relativeDistance(try #require(trace[name], "\(name)"), try golden.floats(name).values)
      #expect(distance <= goldenTolerance, "\(name): \(distance)")
    }
  }

  @Test(arguments: names)
  func `greedy generation gives PyTorch's tokens`(name: String) throws {
    let golden = try Golden(name)
    let generator = TextGenerator(model: golden.model.language, stopTokens: [Self.stopToken], maxTokens: 48)
    var seen: [Int] = []
    let generated = try generator.generate(from: embeddedPrompt(golden)) { seen.append($0) }
    #expect(generated == (try golden.ids("generated_ids")))
    #expect(seen == generated)
  }

  @Test func `a prompt read in two parts gives the hidden states of one read at once`() throws {
    let golden = try Golden("tiny-r1v.0")
    let prompt = try embeddedPrompt(golden)
    var cache = KVCache(layerCount: golden.model.language.layerCount)
    _ = try golden.model.language(prompt.rows(0..<30), cache: &cache)
    let rest = try golden.model.language(prompt.rows(30..<prompt.rowCount), cache: &cache)
    let expected = try golden.floats("language.final_norm").rows(30..<prompt.rowCount)
    #expect(relativeDistance(rest.values, expected.values) <= goldenTolerance)
  }

  private func embeddedPrompt(_ golden: Golden, trace: TraceSink? = nil) throws -> Tensor {
    let imageTokens = try golden.model.projectTiles(golden.floats("pixel_values"), trace: trace)
    return try golden.model.embed(
      ids: golden.ids("input_ids"), imageContextToken: Self.imageContextToken, imageTokens: imageTokens)
  }
}

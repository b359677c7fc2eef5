// A config.json that contradicts the weights ends every command that computes before the work, with what was expected and
// what was found.
import Foundation
import SampleModel
import Testing
import TestSupport

@Suite struct ContradictoryConfigTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
  }

  /// All commands that need the whole model, on `model`.
  private func results(_ model: String) throws -> [CommandResult] {
    let questions = sample.evaluationQuestions
    return try [
      ["quantize", model, "--method", "rtn", "--out", folder.path("out"), "--quiet"],
      ["quantize", model, "--calibration", sample.calibrationQuestions, "--out", folder.path("out"), "--quiet"],
      ["pack", model, folder.path("out.skyq"), "--quiet"],
      ["run", model, "--prompt", "2 +", "--max-tokens", "1"],
      ["verify", model, "--reference", sample.modelDirectory, "--questions", questions, "--samples", "1", "--quiet"],
      ["verify", sample.modelDirectory, "--reference", model, "--questions", questions, "--samples", "1", "--quiet"],
    ].map { try skyquant(arguments: $0) }
  }

  @Test(
    arguments: [
      (
        "\"num_hidden_layers\": 4", "\"num_hidden_layers\": 3",
        "'llm_config.num_hidden_layers' is 3, but the weights have 4"
      ),
      (
        "\"num_hidden_layers\": 4", "\"num_hidden_layers\": 5",
        "'llm_config.num_hidden_layers' is 5, but the weights have 4"
      ),
      (
        "\"num_hidden_layers\": 3", "\"num_hidden_layers\": 2",
        "'vision_config.num_hidden_layers' is 2, but the weights have 3"
      ),
      (
        "\"num_key_value_heads\": 2", "\"num_key_value_heads\": 4",
        "k_proj.weight': config.json calls for shape [256, 256]"
      ),
      ("\"vocab_size\": 512", "\"vocab_size\": 500", "embed_tokens.weight': config.json calls for shape [500, 256]"),
      (
        "\"norm_type\": \"rms_norm\"", "\"norm_type\": \"layer_norm\"",
        "norm1.bias' is missing, though config.json calls for it"
      ),
    ])
  func `layers, heads, vocabulary and norms are compared before the work`(
    text: String, replacement: String, message: String
  ) throws {
    let model = try folder.modelCopy(replacing: text, with: replacement)
    for result in try results(model) { expectError(65, message, from: result) }
    #expect(try folder.names() == ["model"])
  }

  @Test func `models that differ in size are not compared`() throws {
    let small = try folder.modelCopy(replacing: "\"vocab_size\": 512", with: "\"vocab_size\": 500")
    for tensor in ["model.embed_tokens", "lm_head"] {
      try cutRows(of: "language_model.\(tensor).weight", to: 500, in: small)
    }
    #expect(try skyquant("run", small, "--prompt", "2 +", "--max-tokens", "1").exitCode == 0)
    for (quantized, reference) in [(small, sample.modelDirectory), (sample.modelDirectory, small)] {
      let result = try skyquant(
        "verify", quantized, "--reference", reference, "--questions", sample.evaluationQuestions, "--samples", "1",
        "--quiet")
      expectError(65, "rows of the vocabulary", from: result)
    }
  }

  @Test func `what nothing can open is neither imported nor called sound`() throws {
    let awq = folder.path("awq")
    expectSuccess(try skyquant("quantize", sample.modelDirectory, "--method", "rtn", "--out", awq, "--quiet"))
    expectSuccess(try skyquant("doctor", awq))
    try cutRows(of: "language_model.model.norm.weight", to: 255, in: awq)
    expectError(65, "norm.weight': config.json calls for", from: try skyquant("import", awq, folder.path("a.skyq")))
    let examined = try skyquant("doctor", awq)
    #expect(examined.exitCode == 1 && examined.output.contains("error L502 language_model.model.norm.weight"))
    #expect(try folder.names() == ["awq"])
  }
}

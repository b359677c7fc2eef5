// What travels along with the weights, as `verify` compares it; and divergences that are no numbers.
import Foundation
import SampleModel
import Testing
import TestSupport

@Suite struct VerifiedFilesTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel
  private let copy: String

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
    copy = try roundedSample(at: folder.path("copy"))
  }

  private func verify(_ more: String...) throws -> CommandResult {
    try skyquant(
      arguments: [
        "verify", copy, "--reference", sample.modelDirectory, "--questions", sample.evaluationQuestions, "--samples",
        "2", "--quiet",
      ] + more)
  }

  /// Changes one JSON file of the copy.
  private func change(_ name: String, _ change: (inout [String: Any]) -> Void) throws {
    let file = URL(fileURLWithPath: copy + "/" + name)
    var object = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    change(&object)
    try JSONSerialization.data(withJSONObject: object).write(to: file)
  }

  private func reverseIDs() throws {
    try change("tokenizer.json") { document in
      guard var model = document["model"] as? [String: Any], let tokens = model["vocab"] as? [String: Int] else {
        return
      }
      model["vocab"] = tokens.mapValues { tokens.count - 1 - $0 }
      document["model"] = model
    }
  }

  @Test func filesWrittenOtherwiseAreNotFlagged() throws {
    for name in ["config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json"] {
      try change(name) { _ in }  // other order, other spaces
    }
    let result = try verify("--max-mean-kl", "1")
    #expect(result.exitCode == 0 && !result.output.contains("settings that travel along"), "\(result.output)")
  }

  @Test func aTokenizerOfReversedIDsFailsAGateThoughNoNumberShowsIt() throws {
    try reverseIDs()
    let gated = try verify("--max-mean-kl", "1")
    #expect(gated.exitCode == 1 && gated.output.contains("tokenizer.json: vocabulary: id 0 is "))
    #expect(gated.output.contains(/gate  mean KL of answer tokens: [^\n]* limit 1\.000: PASS/), "\(gated.output)")
    #expect(gated.output.contains("gate  settings that differ: 1, limit 0: FAIL"))
    let allowed = try verify("--max-mean-kl", "1", "--allow-different-files")
    #expect(allowed.exitCode == 0 && allowed.output.contains("gate  settings that differ: 1, allowed: PASS"))
    let ungated = try verify()
    #expect(ungated.exitCode == 0 && ungated.output.contains("tokenizer.json: vocabulary: id 0 is "))
  }

  @Test func eachFileThatDiffersIsInTheReport() throws {
    try change("config.json") {
      $0["system_message"] = "Be brief."
      $0["max_dynamic_patch"] = 12
    }
    try change("generation_config.json") { $0["eos_token_id"] = 450 }
    try change("preprocessor_config.json") { $0["image_mean"] = [0.5, 0.5, 0.5] }
    try change("tokenizer_config.json") { $0["chat_template"] = "{{ messages }}" }
    let result = try verify("--json", "--min-top1", "0")
    #expect(result.exitCode == 1)
    let report = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    let files = try #require(report["files"] as? [[String: String]])
    #expect(
      files.map { "\($0["file"] ?? ""): \($0["setting"] ?? "")" } == [
        "config.json: max_dynamic_patch", "config.json: system_message", "tokenizer_config.json: chat_template",
        "generation_config.json: eos_token_id", "preprocessor_config.json: image_mean",
      ])
    #expect(files[1]["quantized"] == "Be brief." && files[1]["reference"]?.hasPrefix("You are") == true)
    #expect(report["passes"] as? Bool == false && report["different_files_allowed"] as? Bool == false)
    #expect(report["not_finite"] as? Int == 0)
  }

  @Test func aModelThatComputesNaNFailsAlsoWithoutGates() throws {
    // A quiet NaN as BF16.
    try overwrite("language_model.model.norm.weight", in: copy, at: 4, with: [0xC0, 0x7F])
    let result = try verify("--answer-tokens", "0")
    #expect(result.exitCode == 1 && result.output.contains("warning: the KL divergence is no finite number at "))
    #expect(!result.output.contains("nane") && !result.output.contains("infe"))
    let json = try verify("--answer-tokens", "0", "--json").output
    #expect(json.contains(#""passes": false"#) && !json.contains(#""not_finite": 0"#))
  }
}

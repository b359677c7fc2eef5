// Eight bits in the vision tower, the projector and the output head, fitted to the samples: through every command that
// takes the result.
import Foundation
import SampleModel
import TestSupport
import Testing

@Suite struct OutsideRuleTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel
  private let rules = ["vision_model=int8", "mlp1=int8", "lm_head=int8"].flatMap { ["--rule", $0] }

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
  }

  private func quantize(_ name: String, _ more: [String]) throws -> CommandResult {
    try skyquant(
      arguments: [
        "quantize", sample.modelDirectory, "--calibration", sample.calibrationQuestions, "--samples", "16", "--out",
        folder.path(name),
      ] + more)
  }

  private func record(_ name: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: folder.path(name + "/skyquant.json")))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  @Test func `they are fitted and told apart from those that are plainly rounded, and come back from a packed file`()
    throws
  {
    let run = try quantize("out", rules + ["--method", "awq+gptq"])
    expectSuccess(run)
    #expect(run.output.contains("fitted to int8 outside the language model's layers: vision_model."), "\(run.output)")
    #expect(!run.output.contains("plainly rounded"))
    let fitted = try #require(try record("out")["calibrated_outside"] as? [[String: Any]])
    let names = fitted.compactMap { $0["module"] as? String }
    // Four linears of each layer that pictures pass, two of the projector, and the head last.
    #expect(names.contains("mlp1.3") && names.last == "language_model.lm_head" && names.count % 4 == 3, "\(names)")
    for row in fitted {
      let before = try #require(row["error_before"] as? Double), after = try #require(row["error_after"] as? Double)
      #expect(after <= before && before > 0, "\(row["module"] ?? "")")
    }
    let out = folder.path("out")
    expectSuccess(
      try skyquant(
        "quantize", sample.modelDirectory, "--recipe", out + "/skyquant.json", "--calibration",
        sample.calibrationQuestions, "--out", folder.path("again")))
    #expect(try haveSameFiles(out, folder.path("again")))
    #expect(try skyquant("doctor", out).exitCode == 0)
    expectSuccess(try skyquant("import", out, folder.path("m.skyq")))
    expectSuccess(
      try skyquant("export", folder.path("m.skyq"), "--to", "compressed-tensors", "--out", folder.path("back")))
    #expect(try haveSameFiles(out, folder.path("back")))
    let verified = try skyquant(
      "verify", folder.path("m.skyq"), "--reference", sample.modelDirectory, "--questions",
      sample.evaluationQuestions, "--samples", "4", "--answer-tokens", "0", "--max-mean-kl", "0.01")
    expectSuccess(verified)
  }

  @Test func `without pictures only the head is fitted, and by plain rounding nothing is`() throws {
    let text = try folder.write(String(repeating: "How many shapes are there? ", count: 80), to: "text.txt")
    let read = try skyquant(
      arguments: [
        "quantize", sample.modelDirectory, "--text", text, "--window", "32", "--method", "awq", "--out",
        folder.path("text"),
      ] + rules)
    expectSuccess(read)
    #expect(read.output.contains("fitted to int8 outside the language model's layers: language_model.lm_head\n"))
    #expect(read.output.contains("plainly rounded to int8 outside the language model's layers: "), "\(read.output)")
    let rounded = try #require(try record("text")["rounded_outside"] as? [String])
    #expect(rounded.contains("mlp1.1") && !rounded.contains("language_model.lm_head"))
    expectSuccess(try quantize("plain", rules + ["--method", "rtn"]))
    let plain = try record("plain")
    #expect(plain["calibrated_outside"] == nil)
    #expect((plain["rounded_outside"] as? [String])?.contains("language_model.lm_head") == true)
  }
}

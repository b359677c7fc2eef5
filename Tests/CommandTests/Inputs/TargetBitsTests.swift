// More bits for the linears that gain most by them, within an average that is asked for.
import Foundation
import SampleModel
import TestSupport
import Testing

@Suite struct TargetBitsTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
  }

  private func quantize(_ name: String, _ more: String...) throws -> CommandResult {
    try skyquant(
      arguments: [
        "quantize", sample.modelDirectory, "--calibration", sample.calibrationQuestions, "--samples", "16", "--method",
        "awq+gptq", "--out", folder.path(name),
      ] + more)
  }

  private func json(_ data: Data) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  private func json(of result: CommandResult) throws -> [String: Any] { try json(Data(result.output.utf8)) }

  private func record(_ name: String) throws -> [String: Any] {
    try json(try Data(contentsOf: URL(fileURLWithPath: folder.path(name + "/skyquant.json"))))
  }

  /// Mean KL divergence from the original, of some questions.
  private func divergence(_ name: String) throws -> Double {
    let verified = try skyquant(
      "verify", folder.path(name), "--reference", sample.modelDirectory, "--questions", sample.evaluationQuestions,
      "--samples", "40", "--answer-tokens", "0", "--json")
    let all = try json(of: verified)["all"] as? [String: Any]
    return try #require((all?["kl_divergence"] as? [String: Any])?["mean"] as? Double)
  }

  @Test func `bits go where they save most, stay within the target, and a recipe spends them again`() throws {
    let run = try quantize("mixed", "--target-bpw", "6", "--raise-to", "int8,16bit")
    expectSuccess(run)
    #expect(run.output.contains("bits per weight in the language model's linears, 6.0 were asked for"), "\(run.output)")
    #expect(run.output.contains("raised to int8: language_model.model.layers."), "\(run.output)")
    let summary = try json(of: try skyquant("inspect", folder.path("mixed"), "--json"))
    let bits = try #require(summary["bits_per_weight_language_linears"] as? Double)
    #expect(bits > 5 && bits <= 6, "\(bits)")
    let record = try record("mixed"), target = try #require(record["target_bpw"] as? [String: Double])
    let raised = try #require(record["raised_to_int8"] as? [String])
    #expect(summary["int8_linears"] as? Int == raised.count && raised == raised.sorted())
    // Zeros of eight bits are not stored in this layout.
    let reached = try #require(target["reached"])
    #expect(target["asked"] == 6 && reached <= 6 && reached - bits < 0.1 && reached >= bits)
    #expect(try skyquant("doctor", folder.path("mixed")).exitCode == 0)
    let calibration = ["--calibration", sample.calibrationQuestions]
    expectSuccess(
      try skyquant(
        arguments: [
          "quantize", sample.modelDirectory, "--recipe", folder.path("mixed/skyquant.json"), "--out",
          folder.path("again"),
        ] + calibration))
    #expect(try haveSameFiles(folder.path("mixed"), folder.path("again")))
  }

  @Test func `eight bits as a step come closer to the original than sixteen alone at the same size`() throws {
    expectSuccess(try quantize("sixteen", "--target-bpw", "6"))
    expectSuccess(try quantize("mixed", "--target-bpw", "6", "--raise-to", "int8,16bit"))
    let record = try record("sixteen")
    #expect((record["kept_16bit"] as? [String])?.isEmpty == false && record["raised_to_int8"] == nil)
    let config = try json(try Data(contentsOf: URL(fileURLWithPath: folder.path("sixteen/config.json"))))
    #expect((config["quantization_config"] as? [String: Any])?["quant_method"] as? String == "awq")
    let (sixteen, mixed) = (try divergence("sixteen"), try divergence("mixed"))
    #expect(mixed < sixteen, "\(mixed) and \(sixteen)")
  }

  @Test func `a target that leaves nothing to choose is refused before the work`() throws {
    expectError(
      65, "--target-bpw must be at least 4.157, what the linears have", from: try quantize("x", "--target-bpw", "4.156")
    )
    expectError(65, "--target-bpw leaves no linear quantized", from: try quantize("x", "--target-bpw", "16"))
    #expect(try quantize("x", "--target-bpw", "5", "--keep-16bit", "1MB").exitCode == 64)
    #expect(try quantize("x", "--target-bpw", "5", "--raise-to", "int6").exitCode == 64)
    #expect(try folder.names().isEmpty)
  }
}

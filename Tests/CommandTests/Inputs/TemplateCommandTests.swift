// Which conversation template a question is written by, as a person learns of it.
import Foundation
import SampleModel
import TestSupport
import Testing

@Suite struct TemplateCommandTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
  }

  private var picture: String { sample.directory + "/calibration/images/0000.jpg" }

  private func ask(_ model: String, _ more: String...) throws -> CommandResult {
    try skyquant(
      arguments: ["run", model, "--image", picture, "--question", "How many shapes?", "--max-tokens", "2"] + more)
  }

  @Test(arguments: ["internvl_zh", "phi3-chat", "internlm2-chat", "InternVL2_5"])
  func `an unknown template of config.json is refused with the known ones`(name: String) throws {
    let model = try folder.modelCopy(replacing: #""template": "internvl2_5""#, with: "\"template\": \"\(name)\"")
    let refused = try ask(model)
    expectError(65, "\(model): config.json: template '\(name)' is unknown; give --template, known are ", from: refused)
    for known in ["internvl2_5", "Hermes-2", "skywork-r1v3", "own"] { #expect(refused.errors.contains(known)) }
    expectSuccess(try ask(model, "--template", "internvl2_5"))
    let quantized = try skyquant(
      "quantize", model, "--calibration", sample.calibrationQuestions, "--method", "rtn", "--out", folder.path("awq"))
    expectError(65, "error: \(model): config.json: template '\(name)' is unknown", from: quantized)
    #expect(try folder.names() == ["model"])
    // Nothing is asked.
    expectSuccess(try skyquant("run", model, "--prompt", "red", "--max-tokens", "1"))
  }

  @Test func `InternVL2's Hermes-2 has no line break after a turn`() throws {
    let model = try folder.modelCopy(replacing: #""template": "internvl2_5""#, with: #""template": "Hermes-2""#)
    let answer = try ask(model, "--system", "S", "--json")
    expectSuccess(answer)
    #expect(answer.output.contains(#""<|im_start|>system\nS<|im_end|><|im_start|>user\n<img>"#))
    #expect(answer.output.contains(#"How many shapes?<|im_end|><|im_start|>assistant\n""#))
  }

  @Test func `a template that cannot be evaluated is a warning of run, quantize and verify, and in the report`() throws
  {
    var text = TinyTextModel()
    text.type = "qwen2"
    let model = try text.write(into: folder, as: "model", tokenizer: sample.modelDirectory)
    try folder.write("{{ messages | groupby('role') }}", to: "model/chat_template.jinja")
    let note =
      "\(model): chat_template.jinja: chat_template: line 1: the filter 'groupby' is not supported; "
      + "questions are written by the template jinja-qwen instead, see --template"
    let questions = try folder.write(
      #"{"question": "How many?", "answer": "Two."}"# + "\n" + #"{"question": "Which?", "answer": "Red."}"#,
      to: "questions.jsonl")
    let answer = try skyquant("run", model, "--question", "How many?", "--max-tokens", "1")
    #expect(answer.exitCode == 0 && answer.errors == "warning: \(note)\n", "\(answer.errors)")
    #expect(try skyquant("run", model, "--prompt", "How", "--max-tokens", "1").errors.isEmpty)
    let quantized = try skyquant(
      "quantize", model, "--calibration", questions, "--method", "rtn", "--out", folder.path("awq"), "--quiet")
    #expect(quantized.exitCode == 0 && quantized.errors.contains("warning: \(note)\n"), "\(quantized.errors)")
    let report = try String(contentsOfFile: folder.path("awq/skyquant.json"), encoding: .utf8)
    #expect(report.contains(#"the filter 'groupby' is not supported"#) && report.contains(#""template": "jinja-qwen""#))
    let verified = try skyquant(
      "verify", folder.path("awq"), "--reference", model, "--questions", questions, "--answer-tokens", "1", "--quiet")
    #expect(verified.exitCode == 0 && verified.errors.contains("warning: \(note)\n"), "\(verified.errors)")
  }

  @Test func `the recipe records the model's own template`() throws {
    let model = try TinyTextModel().write(into: folder, as: "model", tokenizer: sample.modelDirectory)
    try folder.write("{{ messages[0].content }}", to: "model/chat_template.jinja")
    let questions = try folder.write(#"{"question": "How many?", "answer": "Two."}"#, to: "questions.jsonl")
    expectSuccess(
      try skyquant(
        "quantize", model, "--calibration", questions, "--method", "rtn", "--out", folder.path("awq"), "--quiet"))
    let report = try String(contentsOfFile: folder.path("awq/skyquant.json"), encoding: .utf8)
    #expect(report.contains(#""template": "own (chat_template.jinja)""#), "\(report.prefix(2000))")
  }
}

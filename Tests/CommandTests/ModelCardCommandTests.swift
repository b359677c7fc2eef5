// The model card that `quantize` writes, and what measurements write into it.
import Foundation
import JSON
import SampleModel
import TestSupport
import Testing

@Suite struct ModelCardCommandTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel
  /// A copy of the sample's original with a card of its own.
  private let model: String

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
    model = folder.path("model")
    try FileManager.default.copyItem(atPath: sample.modelDirectory, toPath: model)
    try Self.original.write(toFile: model + "/README.md", atomically: true, encoding: .utf8)
  }

  private static let original = """
    ---
    license: other
    license_name: skywork   # theirs
    language:
    - en
    - 'no'
    tags: [reasoning, "4-bit"]
    pipeline_tag: |
      image-text-to-text
    base_model: Somebody/Else
    ---
    # Tiny, by its authors
    """

  private func quantize(_ model: String, _ name: String, _ more: String...) throws -> String {
    let path = folder.path(name)
    let result = try skyquant(
      arguments: ["quantize", model, "--method", "rtn", "--out", path, "--quiet"] + more)
    expectSuccess(result)
    return path
  }

  private func card(_ directory: String) throws -> String {
    try String(contentsOfFile: directory + "/README.md", encoding: .utf8)
  }

  private func measure(_ models: [String], card: String, _ more: String...) throws -> CommandResult {
    try skyquant(
      arguments: ["verify"] + models + [
        "--reference", sample.modelDirectory, "--questions", sample.evaluationQuestions, "--samples", "2", "--card",
        card,
        "--quiet",
      ] + more)
  }

  @Test func `a card carries over what is plainly known of the original, and says how the model was made`() throws {
    let made = folder.path("made")
    let result = try skyquant(
      "quantize", model, "--calibration", sample.calibrationQuestions, "--samples", "4", "--base-model", "Tiny/R1V",
      "--out", made, "--quiet")
    expectSuccess(result)
    #expect(
      result.errors.contains("/README.md: pipeline_tag: not plainly understood, and left out"), "\(result.errors)")
    let text = try card(made)
    let front = """
      ---
      base_model: "Tiny/R1V"
      base_model_relation: "quantized"
      license: "other"
      license_name: "skywork"
      language:
      - "en"
      - "no"
      library_name: "transformers"
      tags:
      - "reasoning"
      - "4-bit"
      - "int4"
      - "skyquant"
      ---

      # `R1V` in 4 bits
      """
    #expect(text.hasPrefix(front), "\(text)")
    for fact in [
      "| group size | 128 |", "| calibration | 4 samples of questions.jsonl, 1 held out; ", "28 of 28 linears",
    ] {
      #expect(text.contains(fact), "\(fact)")
    }
    #expect(text.contains("token by token: not measured.") && text.contains("On benchmarks: not measured."))
    #expect(!text.contains(folder.path("")) && !text.contains("Somebody"))
    #expect(!FileManager.default.fileExists(atPath: made + "/README.original.md"))
    let attributes = try String(contentsOfFile: made + "/.gitattributes", encoding: .utf8)
    #expect(attributes == "*.safetensors filter=lfs diff=lfs merge=lfs -text\n")
  }

  @Test func `the same files make the same card wherever they lie, and a recipe makes it again`() throws {
    let first = try quantize(model, "first", "--base-model", "Tiny/R1V", "--keep-card")
    let moved = folder.path("elsewhere")
    try FileManager.default.moveItem(atPath: model, toPath: moved)
    #expect(try haveSameFiles(first, quantize(moved, "second", "--base-model", "Tiny/R1V", "--keep-card")))
    #expect(try haveSameFiles(first, quantize(moved, "third", "--recipe", first + "/skyquant.json")))
    #expect(try String(contentsOfFile: first + "/README.original.md", encoding: .utf8) == Self.original)
    let refused = try skyquant(
      "quantize", moved, "--method", "rtn", "--base-model", "tiny", "--out", folder.path("none"), "--quiet")
    #expect(refused.exitCode == 64 && refused.errors.contains("--base-model must be OWNER/NAME"), "\(refused.errors)")
  }

  @Test func `verify writes its numbers into the card of what it measured, and changes nothing else of it`() throws {
    let made = try quantize(model, "made")
    let packed = folder.path("made.skyq")
    expectSuccess(try skyquant("pack", made, packed, "--quiet"))
    let before = try card(made)
    let other = try quantize(model, "other", "--group-size", "32")
    let result = try measure([other, packed], card: made, "--json")
    expectSuccess(result)
    let report = try JSONValue(parsing: Array(result.output.utf8))["reports"]?.arrayValue?[1]
    let after = try card(made)
    let begin = "<!-- skyquant verify: begin -->\n", end = "<!-- skyquant verify: end -->"
    func parts(_ text: String) throws -> (String, String, String) {
      let first = try #require(text.range(of: begin)), last = try #require(text.range(of: end))
      return (
        String(text[..<first.upperBound]), String(text[first.upperBound..<last.lowerBound]),
        String(text[last.lowerBound...])
      )
    }
    let (old, new) = (try parts(before), try parts(after))
    #expect(old.0 == new.0 && old.2 == new.2 && old.1 != new.1)
    for name in ["image", "prompt", "answer", "all"] {
      let count = try #require(report?[name]?["tokens"]?.intValue)
      #expect(new.1.contains("| \(name) | \(count) | "), "\(new.1)")
    }
    #expect(new.1.contains("on 2 samples of questions.jsonl (SHA-256 `") && !new.1.contains(folder.path("")))
    // Once more, from the directory itself: the same numbers.
    expectSuccess(try measure([made], card: made))
    #expect(try card(made) == after)
    expectSuccess(
      try skyquant(
        "evaluate", made, "--reference", sample.modelDirectory, "--benchmark", sample.evaluationQuestions, "--limit",
        "2",
        "--max-tokens", "8", "--card", made, "--quiet"))
    let both = try card(made)
    #expect(both.contains(new.1) && !both.contains("not measured") && both.contains("| questions.jsonl | accuracy | "))
  }

  @Test func `a card of another model, or without its markers, is left as it is`() throws {
    let made = try quantize(model, "made"), other = try quantize(model, "other", "--group-size", "32")
    let before = try card(other)
    expectError(65, "\(other): is none of the models that are measured", from: try measure([made], card: other))
    #expect(try card(other) == before)
    let refused = try measure([made], card: made, "--quantized-reference")
    #expect(refused.exitCode == 64 && refused.errors.contains("--card tells what was lost against the original"))
    try "# Mine".write(toFile: made + "/README.md", atomically: true, encoding: .utf8)
    expectError(
      65, "README.md: expected the lines '<!-- skyquant verify: begin -->'", from: try measure([made], card: made))
    #expect(try card(made) == "# Mine")
  }

  @Test func `an export says in the card how its linears are stored`() throws {
    let made = try quantize(model, "made"), exported = folder.path("gptq"), back = folder.path("back")
    expectSuccess(try skyquant("export", made, "--to", "gptq", "--out", exported, "--quiet"))
    let text = try card(exported)
    #expect(text.contains("in the layout `gptq`,") && !text.contains("in the layout `awq`,"))
    expectSuccess(try skyquant("export", exported, "--to", "awq", "--out", back, "--quiet"))
    #expect(try card(back) == card(made))
    #expect(FileManager.default.fileExists(atPath: exported + "/.gitattributes"))
  }
}

// `quantize --recipe` and `inspect --provenance`, as a person meets them.
import Foundation
import SampleModel
import TestSupport
import Testing

@Suite struct RecipeCommandTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
  }

  private func quantize(_ output: String, _ more: String...) throws -> CommandResult {
    try skyquant(
      arguments: ["quantize", sample.modelDirectory, "--out", folder.path(output), "--quiet"] + more)
  }

  private func setting(_ key: String, of output: String) throws -> String {
    let document = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: folder.path(output + "/skyquant.json"))))
    let recipe = try #require((document as? [String: Any])?["recipe"] as? [String: Any])
    return "\(recipe[key] ?? "")"
  }

  @Test func `a recipe runs again to the same bytes from all files that hold it, and options override it`() throws {
    let questions = ["--calibration", sample.calibrationQuestions]
    expectSuccess(
      try quantize(
        "first", "--method", "awq", "--samples", "6", "--damping", "0.3", "--without", "residual", "--calibration",
        sample.calibrationQuestions))
    expectSuccess(try skyquant("pack", folder.path("first"), folder.path("first.skyq"), "--quiet"))
    let printed = try skyquant("inspect", folder.path("first.skyq"), "--provenance", "--json")
    try folder.write(printed.output, to: "provenance.json")
    for file in ["first/skyquant.json", "provenance.json"] {
      let again = try quantize("again", "--recipe", folder.path(file), questions[0], questions[1], "--force")
      #expect(
        again.exitCode == 0 && again.errors.split(separator: "\n").allSatisfy { $0.contains("tokens are few") },
        "\(again.errors)")
      #expect(try haveSameFiles(folder.path("first"), folder.path("again")), "\(file)")
    }
    expectSuccess(
      try quantize(
        "other", "--recipe", folder.path("provenance.json"), questions[0], questions[1], "--damping", "0.5",
        "--samples", "5"))
    #expect(try setting("damping", of: "other") == "0.5" && setting("samples", of: "other") == "5")
    #expect(try setting("method", of: "other") == "awq" && setting("without", of: "other").contains("residual"))
  }

  @Test func `without samples given, the calibration file is found beside the recipe by its name`() throws {
    let calibration = URL(fileURLWithPath: sample.calibrationQuestions).deletingLastPathComponent().path
    let copy = folder.path("calibration")
    try FileManager.default.copyItem(atPath: calibration, toPath: copy)
    expectSuccess(
      try quantize("first", "--method", "awq", "--samples", "4", "--calibration", copy + "/questions.jsonl"))
    expectError(
      66, "was calibrated on 'questions.jsonl', which lies neither beside it nor in the current directory",
      from: try quantize("none", "--recipe", folder.path("first/skyquant.json")))
    try FileManager.default.copyItem(atPath: folder.path("first/skyquant.json"), toPath: copy + "/recipe.json")
    expectSuccess(try quantize("again", "--recipe", copy + "/recipe.json"))
    #expect(try haveSameFiles(folder.path("first"), folder.path("again")))
  }

  @Test func `a recipe that cannot be is one line, and nothing is written`() throws {
    try folder.write(#"{"method": "rtn", "group_sizes": 64}"#, to: "a.json")
    expectError(
      65, "a.json: no setting is called 'group_sizes'; the nearest is 'group_size'",
      from: try quantize("out", "--recipe", folder.path("a.json")))
    try folder.write(#"{"method": "rtn", "group_size": 48}"#, to: "b.json")
    expectError(
      65, "b.json: 'group_size': must be 32, 64 or 128", from: try quantize("out", "--recipe", folder.path("b.json")))
    expectError(66, "c.json", from: try quantize("out", "--recipe", folder.path("c.json")))
    #expect(try folder.names() == ["a.json", "b.json"])
  }

  @Test func `provenance is told of what was quantized here, and of nothing else`() throws {
    expectSuccess(
      try quantize("awq", "--method", "awq", "--samples", "4", "--calibration", sample.calibrationQuestions))
    let told = try skyquant("inspect", folder.path("awq"), "--provenance")
    expectSuccess(told)
    for words in ["method", "damping", "calibrated on", "questions.jsonl", "image tokens"] {
      #expect(told.output.contains(words), "\(words)")
    }
    #expect(told.output.split(separator: "\n").contains { $0.hasPrefix("resolved linears") && $0.hasSuffix(" 28") })
    expectError(
      69, "is not quantized: no file tells how it was made",
      from: try skyquant("inspect", sample.modelDirectory, "--provenance"))
    try FileManager.default.removeItem(atPath: folder.path("awq/skyquant.json"))
    expectError(66, "skyquant.json is missing", from: try skyquant("inspect", folder.path("awq"), "--provenance"))
    #expect(try skyquant("inspect", folder.path("awq"), "--provenance", "--tensors", "x").exitCode == 64)
  }

  @Test func `neither the recipe nor what it lies in is replaced`() throws {
    try folder.write(#"{"method": "rtn"}"#, to: "recipe.json")
    try FileManager.default.createDirectory(atPath: folder.path("out"), withIntermediateDirectories: true)
    try FileManager.default.moveItem(atPath: folder.path("recipe.json"), toPath: folder.path("out/recipe.json"))
    let refused = try quantize("out", "--recipe", folder.path("out/recipe.json"), "--force")
    #expect(refused.exitCode == 73 && refused.errors.contains("recipe.json"), "\(refused.errors)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("out")) == ["recipe.json"])
  }

  @Test func `a text that gives not one sample is an error, and not plain rounding`() throws {
    try folder.write("Too short.", to: "short.txt")
    expectError(
      65, "short.txt: gives no sample to calibrate on; a text needs the tokens of at least one --window",
      from: try quantize("out", "--text", folder.path("short.txt")))
    #expect(try folder.names() == ["short.txt"])
  }
}

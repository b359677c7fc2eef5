// Which linears become int4: by group size and patterns, under the names that a person sees.
import Foundation
import SampleModel
import TestSupport
import Testing

@Suite struct LinearChoiceTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
  }

  private func model(_ change: (inout TinyTextModel) -> Void = { _ in }) throws -> String {
    var model = TinyTextModel()
    change(&model)
    return try model.write(into: folder, as: "model", tokenizer: sample.modelDirectory)
  }

  private func quantize(_ model: String, _ more: String...) throws -> CommandResult {
    try skyquant(arguments: ["quantize", model, "--method", "rtn", "--out", folder.path("awq")] + more)
  }

  private func json(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test(arguments: [
    (192, 320, "use --group-size 64 or 32"), (96, 160, "use --group-size 32"),
    (160, 200, "no group size of AWQ fits all of them"),
  ])
  func `a group size that fits no linear is refused before the work, with those that fit`(
    hidden: Int, inner: Int, advice: String
  ) throws {
    let path = try model { ($0.hidden, $0.inner) = (hidden, inner) }
    let refused = try quantize(path)
    expectError(69, "no linear has in_features divisible by 128", from: refused)
    #expect(refused.errors.contains("(in_features \(hidden), \(inner))") && refused.errors.contains(advice))
    #expect(try folder.names() == ["model"])
  }

  @Test func `what the group size leaves in 16 bit is one line, on the terminal and in the JSON`() throws {
    let path = try model { $0.inner = 320 }
    let line =
      "2 of 14 linears stay in 16 bit, in_features not divisible by 128: model.layers.*.mlp.down_proj [128, 320]; "
      + "--group-size 64 fits all"
    let run = try quantize(path)
    expectSuccess(run)
    #expect(run.errors.components(separatedBy: line).count == 2, "\(run.errors)")
    #expect(run.output.contains(": 12 of 14 linears in int4, group 128"))
    let report = try json(try quantize(path, "--force", "--json").output)
    #expect(report["warnings"] as? [String] == [line])
    let summary = try skyquant("inspect", folder.path("awq")).output
    #expect(summary.contains("\n12 of 14 linears of the language model in int4\n"), "\(summary)")
    let inspected = try json(try skyquant("inspect", folder.path("awq"), "--json").output)
    #expect(inspected["int4_linears"] as? Int == 12 && inspected["linears"] as? Int == 14)
    // What it advises is true.
    let smaller = try quantize(path, "--force", "--group-size", "64")
    #expect(smaller.output.contains(": 14 of 14 linears") && !smaller.errors.contains("16 bit"), "\(smaller.errors)")
  }

  @Test func `rows that no word of eight codes holds keep the linears of the same input in 16 bit`() throws {
    // One head of keys with 20 rows, eight of queries.
    let path = try model { ($0.hidden, $0.heads, $0.keyHeads) = (160, 8, 1) }
    let run = try quantize(path, "--group-size", "32")
    expectSuccess(run)
    #expect(run.output.contains(": 8 of 14 linears in int4, group 32"), "\(run.output)")
    #expect(run.errors.contains("6 of 14 linears stay in 16 bit") && run.errors.contains("no other group size fits"))
    #expect(try skyquant("doctor", folder.path("awq")).exitCode == 0)
  }

  @Test(arguments: [
    ("--skip", "lm_head", "matches 'lm_head.weight', which is never quantized"),
    ("--include", "*.input_layernorm", "matches 'model.layers.0.input_layernorm.weight', which is never quantized"),
    ("--include", "q_porj", "matches no linear; nearest: 'q_proj', 'k_proj', 'v_proj'"),
    ("--skip", "layers.7.mlp", "matches no linear; nearest: 'layers.0.mlp', 'layers.1.mlp'"),
    ("--skip", "vision_model.*", "matches no linear; nearest: 'model.layers.0.self_attn.q_proj'"),
  ])
  func `a pattern that chooses nothing is refused`(option: String, pattern: String, problem: String) throws {
    let refused = try quantize(try model(), option, pattern)
    expectError(65, "\(option) '\(pattern)' \(problem)", from: refused)
    #expect(try folder.names() == ["model"])
  }

  @Test func `a pattern for the vision tower is refused, with the tensor that it matches`() throws {
    let refused = try quantize(sample.modelDirectory, "--skip", "vision_model")
    expectError(65, "--skip 'vision_model' matches 'vision_model.", from: refused)
    #expect(refused.errors.contains("', which is never quantized: only the decoder's linears are"))
  }

  @Test func `patterns and budgets that leave nothing in int4 are refused`() throws {
    let path = try model()
    expectError(69, "model: --include and --skip leave no linear to quantize", from: try quantize(path, "--skip", "*"))
    let text = try folder.write(String(repeating: "How many shapes are there? ", count: 60), to: "text.txt")
    let budget = try quantize(path, "--text", text, "--window", "32", "--keep-16bit", "1GB")
    expectError(65, "--keep-16bit leaves no linear quantized", from: budget)
  }

  @Test func `a text model has the same names in its files, in inspect and in quantize, and patterns match them`()
    throws
  {
    let path = try model()
    let names = try skyquant("inspect", path, "--tensors", "layers.1.mlp.down").output
    #expect(names.contains("model.layers.1.mlp.down_proj.weight"))
    for pattern in ["model.layers.1.mlp.down_proj.weight", "model.layers.1.mlp.down_proj", "model.layers.1.mlp.do*"] {
      let run = try quantize(path, "--include", pattern, "--force", "--report", folder.path("report"))
      expectSuccess(run)
      #expect(run.errors.contains("\nmodel.layers.1.mlp.down_proj  rtn"), "\(run.errors)")
      #expect(run.output.contains(": 1 of 14 linears in int4"))
      let report = try String(contentsOfFile: folder.path("report/linears.csv"), encoding: .utf8)
      #expect(report.contains("\nmodel.layers.1.mlp.down_proj,"))
      let provenance = try json(String(contentsOfFile: folder.path("awq/skyquant.json"), encoding: .utf8))
      let resolved = (provenance["recipe"] as? [String: Any])?["resolved"] as? [String: Any]
      #expect(resolved?["linears"] as? [String] == ["model.layers.1.mlp.down_proj"])
      try FileManager.default.removeItem(atPath: folder.path("report"))
    }
  }
}

// Rules for chosen linears: eight bits beside four, through every command that takes the result, and refused by name
// where they have no place.
import Foundation
import SampleModel
import TestSupport
import Testing

@Suite struct ModuleRuleTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
  }

  private func quantize(_ more: [String], to name: String = "out") throws -> CommandResult {
    let base = ["quantize", sample.modelDirectory, "--method", "rtn", "--out", folder.path(name), "--group-size", "64"]
    return try skyquant(arguments: base + more)
  }

  private func json(_ name: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: folder.path(name)))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  private func json(of result: CommandResult) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
  }

  /// Bits of the group of modules whose targets match `module`, as compressed-tensors matches them: the first.
  private func bits(of module: String, in config: [String: Any]) throws -> Int? {
    let quantization = try #require(config["quantization_config"] as? [String: Any])
    let groups = try #require(quantization["config_groups"] as? [String: [String: Any]])
    let ignored = try #require(quantization["ignore"] as? [String])
    func matches(_ target: String) -> Bool {
      guard target.hasPrefix("re:") else { return target == module }
      return module.range(of: "^(?:" + target.dropFirst(3) + ")", options: .regularExpression) != nil
    }
    if ignored.contains(where: matches) { return nil }
    let found = groups.keys.sorted().first { (groups[$0]?["targets"] as? [String] ?? []).contains(where: matches) }
    return found.flatMap { (groups[$0]?["weights"] as? [String: Any])?["num_bits"] as? Int }
  }

  @Test func `chosen linears have eight bits, and the directory says so where loaders look`() throws {
    let run = try quantize(["--rule", "layers.3.mlp.down_proj=int8", "--rule", "*.layers.[12].self_attn.o_proj=int8"])
    expectSuccess(run)
    #expect(run.output.contains(": 25 of 28 linears in int4, 3 in int8, group 64, "), "\(run.output)")
    #expect(run.output.contains("the layout is compressed-tensors: AWQ has no place for int8"))
    let config = try json("out/config.json"), prefix = "language_model.model.layers."
    #expect(try bits(of: prefix + "3.mlp.down_proj", in: config) == 8)
    #expect(try bits(of: prefix + "2.mlp.down_proj", in: config) == 4)
    #expect(try bits(of: prefix + "1.self_attn.o_proj", in: config) == 8)
    #expect(try bits(of: prefix + "0.self_attn.o_proj", in: config) == 4)
    #expect(try bits(of: prefix + "3.self_attn.q_proj", in: config) == 4)
    #expect(try bits(of: "vision_model.encoder.layers.1.mlp.fc1", in: config) == nil)
    #expect(try bits(of: "language_model.lm_head", in: config) == nil)
    let recipe = try #require(try json("out/skyquant.json")["recipe"] as? [String: Any])
    #expect((recipe["rules"] as? [[String: String]])?.first?["scheme"] == "int8")
    let chosen = (recipe["resolved"] as? [String: Any])?["int8"] as? [String]
    #expect(chosen?.count == 3 && chosen?.contains(prefix + "3.mlp.down_proj") == true)
    let summary = try json(of: try skyquant("inspect", folder.path("out"), "--json"))
    #expect(summary["int4_linears"] as? Int == 25 && summary["int8_linears"] as? Int == 3)
    #expect(try skyquant("doctor", folder.path("out")).exitCode == 0)
  }

  @Test func `the same recipe gives the same bytes, and a packed file gives them back`() throws {
    expectSuccess(try quantize(["--rule", "down_proj=int8", "--rule", "lm_head=int8"]))
    let out = folder.path("out")
    expectSuccess(
      try skyquant(
        "quantize", sample.modelDirectory, "--recipe", out + "/skyquant.json", "--out", folder.path("again")))
    #expect(try haveSameFiles(out, folder.path("again")))
    expectSuccess(try skyquant("import", out, folder.path("m.skyq")))
    #expect(try skyquant("inspect", folder.path("m.skyq")).output.contains("skyq 1.1"))
    #expect(try skyquant("check", folder.path("m.skyq"), "--full").exitCode == 0)
    expectError(
      69, "`skyquant check --full` finds damage in it", from: try skyquant("doctor", folder.path("m.skyq")))
    expectSuccess(
      try skyquant(
        "export", folder.path("m.skyq"), "--to", "compressed-tensors", "--out", folder.path("back")))
    #expect(try haveSameFiles(out, folder.path("back")))
    #expect(try skyquant("diff", out, folder.path("m.skyq")).exitCode == 0)
    for layout in [["awq"], ["gptq"], ["gguf", "--text-only"]] {
      // The name that a file of GGUF must have is no worse for a directory.
      let refused = try skyquant(
        arguments: ["export", folder.path("m.skyq"), "--out", folder.path("no.gguf"), "--quiet", "--to"] + layout)
      #expect(refused.exitCode == 69 && refused.errors.contains("has codes of 8 bits"), "\(refused.errors)")
    }
    #expect(try folder.names() == ["again", "back", "m.skyq", "out"])
  }

  @Test func `output head and projector of eight bits are in 16 bit where loaders look for no codes`() throws {
    expectSuccess(try quantize(["--rule", "lm_head=int8", "--rule", "mlp1=int8"]))
    let out = folder.path("out"), rounded = folder.path("rounded")
    let refused = try skyquant("export", out, "--to", "gptq", "--out", rounded)
    expectError(69, "or --requantize to store it in 16 bit", from: refused)
    let exported = try skyquant("export", out, "--to", "gptq", "--out", rounded, "--requantize", "--json")
    expectSuccess(exported)
    let told = try #require(try json(of: exported)["requantized"] as? [String: Any])
    #expect(told["linears_in_16_bit"] as? Int == 3 && told["linears"] as? Int == 0)
    let again = try skyquant("export", out, "--to", "awq", "--out", folder.path("awq"), "--requantize", "--quiet")
    #expect(again.output.hasSuffix("\nstored in 16 bit: 3 linears outside the decoder's layers\n"), "\(again.output)")
    for directory in [rounded, folder.path("awq")] {
      let listed = try json(of: try skyquant("inspect", directory, "--tensors", "lm_head", "--json"))
      let head = (listed["tensors"] as? [[String: Any]])?.first
      #expect(head?["name"] as? String == "language_model.lm_head.weight" && head?["encoding"] as? String == "F16")
      #expect(try skyquant("doctor", directory).exitCode == 0)
      // The same numbers but for rounding to half precision.
      let verified = try skyquant(
        "verify", directory, "--reference", out, "--quantized-reference", "--questions", sample.evaluationQuestions,
        "--samples", "1", "--max-mean-kl", "0.00001")
      expectSuccess(verified)
    }
  }

  @Test func `eight bits are rounded to four where that is asked for, as from the original's decoded weights`() throws {
    expectSuccess(try quantize(["--rule", "down_proj=int8", "--method", "rtn"]))
    let out = folder.path("out"), rounded = folder.path("rounded")
    let refused = try skyquant("export", out, "--to", "awq", "--out", rounded)
    expectError(69, "or --requantize to round it to four", from: refused)
    let exported = try skyquant("export", out, "--to", "awq", "--out", rounded, "--requantize", "--json")
    expectSuccess(exported)
    let told = try #require(try json(of: exported)["requantized"] as? [String: Any])
    #expect(told["linears"] as? Int == 4 && told["linears_in_16_bit"] as? Int == 0)
    let error = try #require(told["relative_error"] as? Double)
    // Steps of a fifteenth of a group's range: a uniform error of 1/√12 of them.
    #expect(error > 0.03 && error < 0.15, "\(error)")
    let summary = try json(of: try skyquant("inspect", rounded, "--json"))
    #expect(summary["int4_linears"] as? Int == 28 && summary["int8_linears"] as? Int ?? 0 == 0)
    // The others keep their codes.
    let difference = try skyquant("diff", out, rounded).output
    #expect(difference.contains("tensors that differ: 4"), "\(difference)")
    #expect(try skyquant("doctor", rounded).exitCode == 0)
  }

  @Test func `a vision tower of eight bits computes nearly the same, and is told`() throws {
    let rules = ["--rule", "vision_model=int8", "--rule", "mlp1=int8"]
    let nothing = try quantize(rules + ["--rule", "language_model=16bit"])
    expectError(69, "leave no linear to quantize", from: nothing)
    let tower = try quantize(rules + ["--include", "layers.0.mlp.down_proj"])
    expectSuccess(tower)
    #expect(
      tower.output.contains("plainly rounded to int8 outside the language model's layers: vision_model."),
      "\(tower.output)")
    let report = try json("out/skyquant.json"), config = try json("out/config.json")
    let outside = try #require(report["rounded_outside"] as? [String])
    // Four linears of each of three layers, and two of the projector.
    #expect(outside.count == 14 && outside.contains("mlp1.3"), "\(outside)")
    for module in outside { #expect(try bits(of: module, in: config) == 8, "\(module)") }
    #expect(try bits(of: "language_model.model.layers.0.mlp.down_proj", in: config) == 4)
    #expect(try bits(of: "language_model.model.layers.1.mlp.down_proj", in: config) == nil)
    let questions = sample.evaluationQuestions
    let verified = try skyquant(
      "verify", folder.path("out"), "--reference", sample.modelDirectory, "--questions", questions, "--samples", "4",
      "--json")
    expectSuccess(verified)
    let all = try json(of: verified)["all"] as? [String: Any]
    let divergence = try #require((all?["kl_divergence"] as? [String: Any])?["mean"] as? Double)
    #expect(divergence > 0 && divergence < 1e-3, "\(divergence)")
  }

  @Test func `a rule that does nothing, splits what loaders fuse, or names no scheme is refused`() throws {
    expectError(65, "rule 'q_porj' matches no linear", from: try quantize(["--rule", "q_porj=int8"]))
    expectError(
      65, "rule 'layers.0.mlp.down_proj' never counts",
      from: try quantize(["--rule", "down_proj=int8", "--rule", "layers.0.mlp.down_proj=int4"]))
    expectError(65, "rule 'lm_head' matches", from: try quantize(["--rule", "lm_head=int4"]))
    expectError(69, "--rule split", from: try quantize(["--rule", "k_proj=int8"]))
    #expect(try quantize(["--rule", "down_proj=int6"]).exitCode == 64)
    #expect(try quantize(["--rule", "=int8"]).exitCode == 64)
    #expect(try folder.names().isEmpty)
  }
}

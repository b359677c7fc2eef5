// A diagnosis is right or not given: sound repositories of other tools have no errors, broken side files are found, and what is
// true of single loaders says of which.
import Doctor
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct DiagnosisTests {
  private func findings(_ change: (inout SyntheticRepository) -> Void) throws -> [Finding] {
    var repository = SyntheticRepository()
    change(&repository)
    return try repository.findings()
  }

  private func errors(_ change: (inout SyntheticRepository) -> Void) throws -> [String] {
    try findings(change).filter { $0.severity == .error }.map(\.id)
  }

  static let awq = #"{"quant_method": "awq", "version": "gemm", "bits": 4,"#
  static let packed =
    #"{"quant_method": "compressed-tensors", "format": "pack-quantized", "config_groups": {"g": {"weights": {"group_size": 32}}},"#
  static let gptq = #"{"quant_method": "gptq", "bits": 4, "sym": true,"#
  private static let autoRound =
    #"{"quant_method": "auto-round", "packing_format": "auto_round:auto_gptq", "bits": 4, "sym": true,"#
  private static let autoAWQ =
    #"{"quant_method": "auto-round", "packing_format": "auto_round:auto_awq", "bits": 4, "sym": false,"#

  @Test(arguments: [("packed", packed), ("gptq", gptq), ("gptq", autoRound), ("awq", autoAWQ)])
  func `sound repositories of other tools have no errors`(kind: (layout: String, config: String)) throws {
    let found = try findings { repository in
      repository.config = repository.config.replacing(Self.awq, with: kind.config)
      if kind.layout != "awq" { repository.store(as: kind.layout) }
    }
    #expect(found.allSatisfy { $0.severity != .error }, "\(found.map(\.description))")
    #expect(found.contains { $0.id == "C106" } == (kind.layout != "awq"))
  }

  @Test func `one group a row has no errors where the tensors have it too`() throws {
    let found = try findings { repository in
      repository.config = repository.config.replacing("\"group_size\": 32", with: "\"group_size\": -1")
      repository.store(as: "rows")
    }
    #expect(found == [], "\(found.map(\.description))")
  }

  @Test func `a layout that is computed with, in bits that are not, is a note`() throws {
    let found = try findings { repository in
      repository.config = repository.config.replacing(Self.awq, with: Self.gptq.replacing("4", with: "3"))
      repository.store(as: "gptq")
    }
    #expect(found.contains { $0.id == "C107" && $0.description.contains("GPTQ with 3 bits") })
  }

  @Test func `a model that is not quantized, and one that skyquant does not know, have no errors`() throws {
    func plain(_ repository: inout SyntheticRepository) {
      guard let start = repository.config.firstRange(of: ", \"quantization_config\"") else { return }
      repository.config = String(repository.config[..<start.lowerBound]) + "}"
      for name in ["k", "v", "q", "o"] {
        let module = SyntheticRepository.attention + name + "_proj"
        repository.remove { $0.hasPrefix(module) }
        repository.add(module + ".weight", [name == "k" || name == "v" ? 128 : 256, 256])
      }
    }
    #expect(try findings { plain(&$0) } == [])
    let other = try findings { repository in
      plain(&repository)
      repository.config = repository.config.replacing("\"llama\"", with: "\"mistral\"")
    }
    #expect(other.map(\.id) == ["C107"])
  }

  @Test func `an old nested config is no error, and no advice breaks it`() throws {
    let found = try findings { repository in
      guard let start = repository.config.firstRange(of: "\"quantization_config\"") else { return }
      let tail = repository.config[start.lowerBound...].replacing(
        ", \"modules_to_not_convert\": [\"lm_head\", \"mlp.\"]", with: "")
      repository.config = repository.config[..<start.lowerBound] + "\"llm_config\": {" + tail + "}"
    }
    #expect(Set(found.map(\.id)) == ["C102", "C302"] && found.allSatisfy { $0.severity == .note })
    #expect(found.first { $0.id == "C102" }?.what.contains("vLLM 0.33 finds it there") == true)
  }

  @Test func `what is stated and what is stored must agree`() throws {
    #expect(try errors { $0.store(as: "gptq") } == ["C108"])
    #expect(try errors { $0.config = $0.config.replacing(Self.awq, with: Self.packed) }.contains("C108"))
    // Older tools wrote a file of their own.
    let old = try findings {
      $0.config = $0.config.replacing("\"quantization_config\"", with: "\"other\"")
      $0.files["quantize_config.json"] = "{}"
    }
    #expect(old.contains { $0.id == "C109" } && !old.contains { $0.id == "C101" })
  }

  @Test(arguments: [
    ("tokenizer.json", "{ broken", "F102"), ("tokenizer_config.json", "[]", "F102"),
    ("generation_config.json", "", "F102"),
    ("preprocessor_config.json", "{\"a\":}", "F102"), ("tokenizer.json", "{}", "F103"),
    ("tokenizer.json", #"{"model": {"type": "BPE", "vocab": {"a": 0, "b": 0}, "merges": []}}"#, "F103"),
    ("tokenizer.json", "version https://git-lfs.github.com/spec/v1\nsize 9\n", "F104"),
    ("special_tokens_map.json", "<html>", "F104"), ("chat_template.jinja", "{% if %}", "F105"),
    ("chat_template.jinja", "{% for m in messages %}", "F105"),
  ])
  func `a broken side file is an error, once`(file: (name: String, text: String, id: String)) throws {
    let found = try findings { $0.files[file.name] = file.text }
    #expect(found.filter { $0.severity == .error }.map(\.id) == [file.id], "\(found.map(\.description))")
    #expect(found.first { $0.id == file.id }?.place == file.name)
  }

  @Test func `pictures that cannot be normalised are an error of models that see`() throws {
    for (text, isWrong) in [
      (#"{"image_mean": [0.5, 0.5]}"#, true), (#"{"image_std": [0, 1, 1]}"#, true), ("{}", false),
    ] {
      let found = try findings {
        $0.config = $0.config.replacing("{\"model_type\"", with: "{\"vision_config\": {}, \"model_type\"")
        $0.files["preprocessor_config.json"] = text
      }
      #expect(found.contains { $0.id == "F106" } == isWrong)
    }
  }

  @Test func `code that is named has to be there, and models that need code have to name it`() throws {
    func config(_ member: String) throws -> [Finding] {
      try findings {
        $0.config = $0.config.replacing("{\"model_type\": \"llama\"", with: "{\(member)")
        $0.files["there.py"] = "from .absent import x\nimport os\nfrom .there import y\n"
        $0.files["fine.py"] = "from transformers import x\n"
      }
    }
    let llama = "\"model_type\": \"llama\", "
    let named = try config(
      llama + #""auto_map": {"AutoConfig": "fine.C", "AutoModel": "gone.M", "AutoX": "owner/name--far.X"}"#)
    #expect(
      named.filter { $0.id == "C401" }.map(\.what) == [
        "auto_map names gone.py, which is not there: loading with trust_remote_code fails",
        "imports absent.py, which is not there: loading with trust_remote_code fails",
      ])
    let skywork = "\"model_type\": \"skywork_chat\""
    #expect(
      try config(skywork).contains { $0.id == "C402" && $0.severity == .warning && $0.what.contains("vLLM 0.33") })
    #expect(!(try config(skywork + #", "auto_map": {"AutoConfig": "fine.C"}"#).contains { $0.id == "C402" }))
    #expect(try config(skywork).contains { $0.id == "C403" && $0.what.contains("SGLang 0.5.23") })
  }

  @Test func `equal findings are one, with their number`() throws {
    let found = try findings { repository in
      for name in ["k", "o", "q", "v"] { repository.retype(SyntheticRepository.attention + name + "_proj.scales") }
    }
    let scales = found.filter { $0.id == "L204" }
    #expect(scales.map(\.count) == [4] && scales[0].description.contains("k_proj and 3 more: scales are BF16"))
    let dead = try findings { repository in
      for name in ["k", "q"] { repository.set(SyntheticRepository.attention + name + "_proj.scales", first: 0) }
    }
    #expect(dead.map(\.id) == ["V103"] && dead[0].count == 2)
  }

  @Test func `groups that one loader does not take are a note with its version`() throws {
    let folder = try TemporaryDirectory()
    var repository = SyntheticRepository()
    repository.files["x"] = "x"
    try repository.write(into: folder)
    let found = try Examination(path: folder.path).findings(readsValues: false) { _, _ in }
    #expect(
      found.map(\.id) == ["L402"] && found[0].severity == .note && found[0].what.contains("lmdeploy 0.18's TurboMind"))
  }

  @Test func `MLPs that devices cannot share can be widened`() throws {
    let found = try findings { repository in
      repository.degree = 2
      repository.remove { $0.contains("down_proj") }
      let module = "model.layers.0.mlp.down_proj"
      repository.add(module + ".qweight", .int32, [288, 32], [UInt8](repeating: 0x77, count: 288 * 128))
      repository.add(module + ".qzeros", .int32, [9, 32], [UInt8](repeating: 0x88, count: 9 * 128))
      repository.add(module + ".scales", [9, 256])
    }.filter { $0.id == "L401" }
    #expect(found.count == 1 && found[0].severity == .error && found[0].advice.contains("export --pad-for 2"))
  }

  @Test func `degrees of tensor parallelism follow heads, groups and words`() throws {
    func parallel(_ degree: Int?, _ groupSize: Int = 32) throws -> [String] {
      try findings { repository in
        repository.degree = degree
        if groupSize == 256 { repository.store(as: "rows") }
      }.filter { $0.id.hasPrefix("L40") }.map { "\($0.id) \($0.severity.rawValue)" }
    }
    // 4 heads, 2 key heads of 64; 256 inputs in groups of 32; 256 and 128 outputs.
    #expect(try parallel(nil) == [])
    #expect(try parallel(2) == [])
    // Each of 4 devices has 64 inputs of o_proj.
    #expect(try parallel(4) == ["L404 warning"])
    #expect(try parallel(3) == ["L403 error", "L403 error", "L401 error"])
    #expect(try parallel(8) == ["L403 error", "L404 warning"])
    #expect(try parallel(16) == ["L403 error", "L401 error", "L404 warning"])
    // One group a row is cut anywhere.
    #expect(try parallel(2, 256) == [])
  }
}

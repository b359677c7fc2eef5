// A diagnosis is right or not given: sound repositories of other tools have no errors, broken side files are found, and what is
// true of single loaders says of which.
import Doctor
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct DiagnosisTests {
  private static let q = SyntheticRepository.attention + "q_proj"

  private func findings(_ change: (inout SyntheticRepository) -> Void) throws -> [Finding] {
    var repository = SyntheticRepository()
    change(&repository)
    return try repository.findings()
  }

  private func errors(_ change: (inout SyntheticRepository) -> Void) throws -> [String] {
    try findings(change).filter { $0.severity == .error }.map(\.id)
  }

  /// The same linears as compressed-tensors, GPTQ or with one group a row.
  private func store(_ repository: inout SyntheticRepository, as layout: String, zero: UInt8 = 0x77) {
    let linears = repository.tensors.filter { $0.info.name.hasSuffix(".qweight") }.map(\.info)
    repository.remove { [".qweight", ".qzeros", ".scales"].contains(where: $0.hasSuffix) }
    for info in linears {
      let module = String(info.name.dropLast(".qweight".count)), inputs = info.shape[0], outputs = 8 * info.shape[1]
      func add(_ suffix: String, _ dtype: DType, _ shape: Shape) {
        let count = shape.elementCount
        let bytes =
          dtype == .float16
          ? repository.halves([Float16](repeating: 0.01, count: count))
          : (0..<count * dtype.byteWidth).map { suffix == ".qzeros" ? zero : UInt8(truncatingIfNeeded: $0 &* 37) }
        repository.add(module + suffix, dtype, shape, bytes)
      }
      switch layout {
      case "packed":
        add(".weight_packed", .int32, [outputs, inputs / 8])
        add(".weight_scale", .float16, [outputs, inputs / 32])
        let shape = [Int64(outputs), Int64(inputs)].flatMap { value in
          (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        repository.add(module + ".weight_shape", .int64, [2], shape)
      case "gptq":
        add(".qweight", .int32, [inputs / 8, outputs])
        add(".qzeros", .int32, [inputs / 32, outputs / 8])
        add(".scales", .float16, [inputs / 32, outputs])
        let groups = (0..<inputs).flatMap { feature -> [UInt8] in [UInt8(feature / 32), 0, 0, 0] }
        repository.add(module + ".g_idx", .int32, [inputs], groups)
      default:
        add(".qweight", .int32, [inputs, outputs / 8])
        add(".qzeros", .int32, [1, outputs / 8])
        add(".scales", .float16, [1, outputs])
      }
    }
  }

  private static let awq = #"{"quant_method": "awq", "version": "gemm", "bits": 4,"#
  private static let packed =
    #"{"quant_method": "compressed-tensors", "format": "pack-quantized", "config_groups": {"g": {"weights": {"group_size": 32}}},"#
  private static let gptq = #"{"quant_method": "gptq", "bits": 4, "sym": true,"#
  private static let autoRound =
    #"{"quant_method": "auto-round", "packing_format": "auto_round:auto_gptq", "bits": 4, "sym": true,"#
  private static let autoAWQ =
    #"{"quant_method": "auto-round", "packing_format": "auto_round:auto_awq", "bits": 4, "sym": false,"#

  @Test(arguments: [("packed", packed), ("gptq", gptq), ("gptq", autoRound), ("awq", autoAWQ)])
  func `sound repositories of other tools have no errors`(kind: (layout: String, config: String)) throws {
    let found = try findings { repository in
      repository.config = repository.config.replacing(Self.awq, with: kind.config)
      if kind.layout != "awq" { store(&repository, as: kind.layout) }
    }
    #expect(found.allSatisfy { $0.severity != .error }, "\(found.map(\.description))")
    #expect(found.contains { $0.id == "C106" } == (kind.layout != "awq"))
  }

  @Test(
    arguments: [
      (".qweight", [32, 255], 32, "L202"), (".qzeros", [8, 33], 32, "L202"), (".scales", [4, 256], 32, "L202"),
      ("", [], 64, "L203"), ("", [], -1, "L203"), ("", [], 32, nil),
    ] as [(String, Shape, Int, String?)])
  func `GPTQ tensors must belong together and to group_size`(
    kind: (part: String, shape: Shape, groupSize: Int, id: String?)
  ) throws {
    let found = try errors { repository in
      repository.config = repository.config.replacing(Self.awq, with: Self.gptq)
        .replacing("\"group_size\": 32", with: "\"group_size\": \(kind.groupSize)")
      store(&repository, as: "gptq")
      repository.reshape(Self.q + kind.part, kind.shape)
    }
    #expect(kind.id.map { found.contains($0) } ?? found.isEmpty, "\(found)")
  }

  @Test(
    arguments: [
      (".weight_packed", [255, 32], 32, "L202"), (".weight_packed", [256, 31], 32, "L202"),
      (".weight_scale", [256, 4], 32, "L203"), (".weight_scale", [256, 7], 32, "L202"),
      (".weight_shape", [1], 32, "L202"), ("", [], 64, "L203"), ("", [], 32, nil),
    ] as [(String, Shape, Int, String?)])
  func `compressed-tensors must belong together, to weight_shape and to group_size`(
    kind: (part: String, shape: Shape, groupSize: Int, id: String?)
  ) throws {
    let found = try errors { repository in
      repository.config = repository.config.replacing(
        Self.awq,
        with: Self.packed.replacing("\"group_size\": 32", with: "\"group_size\": \(kind.groupSize)"))
      store(&repository, as: "packed")
      repository.reshape(Self.q + kind.part, kind.shape)
    }
    #expect(kind.id.map { found.contains($0) } ?? found.isEmpty, "\(found)")
  }

  @Test(arguments: [
    (UInt8(0x77), "", nil), (0x88, "", "V203"), (0x88, "gptq_v2", nil), (0x77, "gptq_v2", "V203"), (0x78, "", "V202"),
  ])
  func `zeros of a symmetric GPTQ model are those of its version`(
    kind: (zero: UInt8, version: String, id: String?)
  ) throws {
    let found = try findings { repository in
      repository.config = repository.config.replacing(
        Self.awq, with: Self.gptq + " \"checkpoint_format\": \"\(kind.version)\",")
      store(&repository, as: "gptq", zero: kind.zero)
    }
    #expect(found.filter { $0.id.hasPrefix("V2") }.map(\.id) == [kind.id].compactMap(\.self))
    #expect(!found.contains { $0.id == "L405" })
  }

  @Test(arguments: [(UInt8(0), "L205", Finding.Severity.warning), (200, "L202", .error)])
  func `groups of GPTQ in another order, or that there are not, are told`(
    kind: (group: UInt8, id: String, severity: Finding.Severity)
  ) throws {
    let found = try findings { repository in
      repository.config = repository.config.replacing(Self.awq, with: Self.gptq)
      store(&repository, as: "gptq")
      let index = repository.tensors.firstIndex { $0.info.name == Self.q + ".g_idx" }
      if let index { repository.tensors[index].bytes[4 * 255] = kind.group }
    }
    let told = found.filter { $0.id.hasPrefix("L20") }
    #expect(told.map(\.id) == [kind.id] && told.first?.severity == kind.severity, "\(found)")
  }

  @Test(arguments: [(UInt8(0x88), nil), (0x87, "V202")])
  func `compressed-tensors that call themselves symmetric have zeros of 8, if any`(
    kind: (zero: UInt8, id: String?)
  ) throws {
    let found = try findings { repository in
      repository.config = repository.config.replacing(
        Self.awq, with: Self.packed.replacing("\"group_size\": 32", with: "\"group_size\": 32, \"symmetric\": true"))
      store(&repository, as: "packed")
      repository.add(
        Self.q + ".weight_zero_point", .int32, [32, 8], [UInt8](repeating: kind.zero, count: 4 * 32 * 8))
    }
    #expect(found.filter { $0.severity == .error }.map(\.id) == [kind.id].compactMap(\.self), "\(found)")
  }

  @Test func `GPTQ with zeros of its own is not for vLLM`() throws {
    let found = try findings { repository in
      repository.config = repository.config.replacing(
        Self.awq, with: Self.gptq.replacing("\"sym\": true", with: "\"sym\": false"))
      store(&repository, as: "gptq", zero: 0x35)
    }
    #expect(found.filter { $0.severity != .note }.map(\.id) == ["L405"], "\(found)")
  }

  @Test func `one group a row has no errors where the tensors have it too`() throws {
    let found = try findings { repository in
      repository.config = repository.config.replacing("\"group_size\": 32", with: "\"group_size\": -1")
      store(&repository, as: "rows")
    }
    #expect(found == [], "\(found.map(\.description))")
  }

  @Test func `a layout that is computed with, in bits that are not, is a note`() throws {
    let found = try findings { repository in
      repository.config = repository.config.replacing(Self.awq, with: Self.gptq.replacing("4", with: "3"))
      store(&repository, as: "gptq")
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
    #expect(try errors { store(&$0, as: "gptq") } == ["C108"])
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
        if groupSize == 256 { store(&repository, as: "rows") }
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

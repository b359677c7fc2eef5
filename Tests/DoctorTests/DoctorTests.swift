// A repository without a fault gives no finding, and each fault that is put in gives its own.
import Doctor
import JSON
import Safetensors
import Storage
import Tensors
import TestSupport
import Testing

/// A one-layer AWQ repository of random codes, to be damaged.
struct SyntheticRepository {
  var config = """
    {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 256, "intermediate_size": 256,
     "num_hidden_layers": 1, "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 24,
     "torch_dtype": "float16", "quantization_config": {"quant_method": "awq", "version": "gemm", "bits": 4,
     "group_size": 32, "zero_point": true, "modules_to_not_convert": ["lm_head", "mlp."]}}
    """
  var files = [
    "tokenizer.json": #"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}"#,
    "tokenizer_config.json": #"{"chat_template": "x"}"#, "generation_config.json": "{}",
  ]
  var tensors: [(info: TensorInfo, bytes: [UInt8])] = []
  /// Devices that are asked for.
  var degree: Int?

  static let attention = "model.layers.0.self_attn."

  init() {
    var generator = SeededGenerator(seed: 3)
    for (name, rows) in [("k_proj", 128), ("o_proj", 256), ("q_proj", 256), ("v_proj", 128)] {
      let module = Self.attention + name
      let words = (0..<256 * rows / 8).flatMap { _ in (0..<4).map { _ in UInt8.random(in: 0...255, using: &generator) }
      }
      add(module + ".qweight", .int32, [256, rows / 8], words)
      add(module + ".qzeros", .int32, [8, rows / 8], [UInt8](repeating: 0x88, count: 8 * rows / 2))
      add(module + ".scales", .float16, [8, rows], halves([Float16](repeating: 0.01, count: 8 * rows)))
    }
    for name in ["down_proj", "gate_proj", "up_proj"] {
      add("model.layers.0.mlp.\(name).weight", .float16, [256, 256], halves([Float16](repeating: 0.5, count: 65536)))
    }
    add("model.norm.weight", .float16, [256], halves([Float16](repeating: 1, count: 256)))
    for name in ["input_layernorm", "post_attention_layernorm"] {
      add("model.layers.0.\(name).weight", .float16, [256], halves([Float16](repeating: 1, count: 256)))
    }
    for name in ["model.embed_tokens.weight", "lm_head.weight"] {
      add(name, .float16, [24, 256], halves([Float16](repeating: 0.1, count: 24 * 256)))
    }
  }

  func halves(_ values: [Float16]) -> [UInt8] {
    values.flatMap { [UInt8(truncatingIfNeeded: $0.bitPattern), UInt8($0.bitPattern >> 8)] }
  }

  mutating func add(_ name: String, _ dtype: DType, _ shape: Shape, _ bytes: [UInt8]) {
    tensors.append((TensorInfo(name: name, dtype: dtype, shape: shape), bytes))
  }

  /// Says that a tensor of halves holds bfloat16.
  mutating func retype(_ name: String) {
    guard let index = tensors.firstIndex(where: { $0.info.name == name }) else { return }
    tensors[index].info = TensorInfo(name: name, dtype: .bfloat16, shape: tensors[index].info.shape)
  }

  /// Puts a half at the beginning of a tensor.
  mutating func set(_ name: String, first value: Float16) {
    guard let index = tensors.firstIndex(where: { $0.info.name == name }) else { return }
    tensors[index].bytes.replaceSubrange(0..<2, with: halves([value]))
  }

  /// Takes tensors out.
  mutating func remove(_ isGone: (String) -> Bool) { tensors.removeAll { isGone($0.info.name) } }

  /// Puts a tensor of halves in.
  mutating func add(_ name: String, _ shape: Shape) {
    add(name, .float16, shape, halves([Float16](repeating: 0.5, count: shape.elementCount)))
  }

  mutating func rename(_ name: String, to other: String) {
    guard let index = tensors.firstIndex(where: { $0.info.name == name }) else { return }
    tensors[index].info = TensorInfo(
      name: other, dtype: tensors[index].info.dtype, shape: tensors[index].info.shape)
  }

  /// Gives a tensor another shape, and as many of its bytes, again and again, as that takes; none if there is no such tensor.
  mutating func reshape(_ name: String, _ shape: Shape) {
    guard let index = tensors.firstIndex(where: { $0.info.name == name }) else { return }
    let (info, bytes) = tensors[index]
    tensors[index].info = TensorInfo(name: name, dtype: info.dtype, shape: shape)
    tensors[index].bytes = (0..<shape.elementCount * info.dtype.byteWidth).map { bytes[$0 % bytes.count] }
  }

  func findings() throws -> [Finding] {
    let folder = try TemporaryDirectory()
    try write(into: folder)
    return try Examination(path: folder.path, tensorParallelism: degree).findings(readsValues: true) { _, _ in }
      .filter { $0.id != "L402" }  // groups of 32, which one loader does not take
  }

  func write(into folder: TemporaryDirectory) throws {
    try folder.write(config, to: "config.json")
    for (name, text) in files { try folder.write(text, to: name) }
    if !tensors.isEmpty {
      var writer = try SafetensorsWriter(
        SafetensorsPlan(tensors: tensors.map(\.info)), to: AtomicFileWriter(path: folder.path("model.safetensors")))
      for tensor in tensors { try writer.write(tensor.bytes, of: tensor.info.name) }
      try writer.finish().commit()
    }
  }
}

@Suite struct DoctorTests {
  private static let q = SyntheticRepository.attention + "q_proj"

  /// The ids that a damaged repository gives.
  private func ids(_ damage: (inout SyntheticRepository) -> Void) throws -> [String] {
    var repository = SyntheticRepository()
    damage(&repository)
    return try repository.findings().map(\.id)
  }

  private func replacing(_ text: String, with other: String) throws -> [String] {
    try ids {
      #expect($0.config.contains(text))
      $0.config = $0.config.replacing(text, with: other)
    }
  }

  @Test func `a repository without a fault gives no finding`() throws {
    #expect(try SyntheticRepository().findings() == [])
  }

  @Test func `files that are missing or should not be there are named`() throws {
    #expect(try ids { $0.files["tokenizer.json"] = nil } == ["F301"])
    #expect(try ids { $0.files["tokenizer_config.json"] = nil } == ["F302"])
    #expect(try ids { $0.files["tokenizer_config.json"] = "{}" } == ["F303"])
    #expect(try ids { $0.files["generation_config.json"] = nil } == ["F306"])
    #expect(try ids { $0.files["pytorch_model.bin"] = "x" } == ["F201"])
    #expect(try ids { $0.config = "{" }.first == "F102")
    #expect(try ids { $0.tensors = [] }.contains("F101"))
  }

  @Test func `a config that loaders will misread is explained`() throws {
    #expect(try replacing("\"quantization_config\"", with: "\"other\"").contains("C101"))
    #expect(Set(try replacing("\"bits\": 4", with: "\"bits\": 8")) == ["C107", "C108"])
    #expect(try replacing("\"bits\": 4,", with: "") == ["C203"])
    #expect(try replacing("\"group_size\": 32, \"zero_point\": true,", with: "").contains("C203"))
    #expect(try replacing("\"group_size\": 32", with: "\"q_group_size\": 32") == [])
    #expect(Set(try replacing("\"group_size\": 32", with: "\"group_size\": null")).isSuperset(of: ["C203", "L203"]))
    #expect(try replacing("\"group_size\": 32", with: "\"group_size\": 4611686018427387904") == ["C201"])
    // The tensors are believed.
    #expect(try replacing("\"awq\", \"version\": \"gemm\", \"bits\": 4,", with: "\"gptq\",") == ["C108"])
    #expect(try replacing("\"float16\"", with: "\"bfloat16\"") == ["C202"])
    #expect(try replacing("\"mlp.\"", with: "\"mlp.\", \"q_proj\"") == ["C301"])
    #expect(try replacing("\"lm_head\", \"mlp.\"", with: "\"lm_head\"") == ["C302"])
    let awq = #""quantization_config": {"quant_method": "awq", "version": "gemm", "bits": 4,"#
    #expect(!(try replacing(awq, with: #""text_config": {}, "# + awq).contains("C103")))
    #expect(
      try ids { repository in
        repository.config = repository.config.replacing(awq, with: #""text_config": {}, "# + awq)
          .replacing("LlamaForCausalLM", with: "InternVLForConditionalGeneration")
      }.contains("C103"))
  }

  @Test func `tensors that do not belong together are named`() throws {
    var other = SyntheticRepository()
    other.config = other.config.replacing("\"group_size\": 32", with: "\"group_size\": 64")
    let sizes = try other.findings().filter { $0.id == "L203" }
    #expect(sizes.map(\.count) == [4] && sizes[0].what == "group_size is 64, but the shapes say groups of 32")
    #expect(try ids { $0.rename(Self.q + ".scales", to: Self.q + ".scale") }.contains("L201"))
    #expect(
      try ids { repository in
        for part in [".qweight", ".qzeros", ".scales"] { repository.rename(Self.q + part, to: "mlp1.1" + part) }
      }.contains("L101"))
    #expect(
      try ids { repository in
        repository.rename(Self.q + ".qweight", to: Self.q + ".weight")
        repository.rename(Self.q + ".qzeros", to: "a")
        repository.rename(Self.q + ".scales", to: "b")
      }.contains("L301"))
    #expect(try ids { $0.retype(Self.q + ".scales") }.contains("L204"))
  }

  @Test func `weights that no model of the config can be made of are named`() throws {
    let layer = "model.layers.0."
    #expect(try ids { $0.remove { $0 == "model.norm.weight" } } == ["L501"])
    #expect(try ids { $0.remove { $0.hasPrefix(layer) && $0.hasSuffix("norm.weight") } } == ["L501"])
    #expect(try ids { $0.remove { $0.hasPrefix(layer) } }.contains("L503"))
    #expect(try replacing("\"num_hidden_layers\": 1", with: "\"num_hidden_layers\": 2") == ["L503"])
    #expect(try ids { $0.add("model.layers.1.input_layernorm.weight", [256]) } == ["L503"])
    #expect(try replacing("\"vocab_size\": 24", with: "\"vocab_size\": 25") == ["L502"])
    #expect(try replacing("\"num_key_value_heads\": 2", with: "\"num_key_value_heads\": 4") == ["L502"])
    #expect(try replacing("\"intermediate_size\": 256", with: "\"intermediate_size\": 512") == ["L502"])
    #expect(Set(try replacing("\"hidden_size\": 256", with: "\"hidden_size\": 128")) == ["L502"])
    #expect(try ids { $0.add(Self.q + ".weight", [256, 256]) }.filter { $0 == "L504" }.count == 1)
    #expect(try ids { $0.add("language_model.model.norm.weight", [256]) } == ["L504"])
    #expect(try ids { $0.add(Self.q + ".bias", [256]) } == ["L506"])
    #expect(
      try ids { repository in
        for tensor in repository.tensors { repository.rename(tensor.info.name, to: "module." + tensor.info.name) }
      }.contains("L507"))
    #expect(
      try ids { repository in
        guard let index = repository.tensors.firstIndex(where: { $0.info.name == "model.norm.weight" }) else { return }
        let (name, bytes) = ("model.norm.weight", [UInt8](repeating: 0, count: 2048))
        repository.tensors[index] = (TensorInfo(name: name, dtype: .float64, shape: [256]), bytes)
      } == ["L505"])
  }

  @Test func `one wrong key is one finding, however many tensors it contradicts`() throws {
    var repository = SyntheticRepository()
    repository.config = repository.config.replacing("\"num_key_value_heads\": 2", with: "\"num_key_value_heads\": 1")
    let findings = try repository.findings()
    #expect(findings.map(\.id) == ["L502"] && findings.first?.severity == .error)
    let what =
      "2 tensors are not as long as num_key_value_heads × head_dim of config.json says: shape [128, 256], not [64, 256]"
    #expect(findings.first?.what == what)
  }

  @Test(arguments: [
    (".nan", "V101"), ("negative", "V102"), ("zero", "V103"), ("subnormal", "V104"), ("huge", "V105"),
  ])
  func `scales that damage weights are counted`(kind: (name: String, id: String)) throws {
    let value: Float16 =
      switch kind.name {
      case ".nan": .nan
      case "negative": -0.01
      case "zero": 0
      case "subnormal": .leastNonzeroMagnitude
      default: 60000
      }
    let findings = try { () throws -> [Finding] in
      var repository = SyntheticRepository()
      repository.set(Self.q + ".scales", first: value)
      return try repository.findings()
    }()
    #expect(findings.map(\.id) == [kind.id])
    #expect(findings.first?.what.hasPrefix("1 of 2048 scales") == true)
  }

  @Test func `dead groups and values that cannot be used are found`() throws {
    let dead = try ids { repository in
      guard let index = repository.tensors.firstIndex(where: { $0.info.name == Self.q + ".qweight" }) else { return }
      // The first nibble of the first group: rows 0 to 31, 128 bytes each.
      for row in 0..<32 { repository.tensors[index].bytes[row * 128] &= 0xF0 }
    }
    #expect(dead == ["V201"])
    let padded = try ids { repository in
      guard let index = repository.tensors.firstIndex(where: { $0.info.name == Self.q + ".qweight" }) else { return }
      for row in 0..<32 {
        repository.tensors[index].bytes[row * 128] = repository.tensors[index].bytes[row * 128] & 0xF0 | 8
      }
    }
    #expect(padded == [])
    #expect(try ids { $0.set("model.norm.weight", first: .infinity) } == ["V301"])
    #expect(try ids { $0.set("model.norm.weight", first: 40000) } == ["V303"])
    #expect(
      try ids { repository in
        guard let index = repository.tensors.firstIndex(where: { $0.info.name.hasSuffix("up_proj.weight") }) else {
          return
        }
        repository.tensors[index].bytes = [UInt8](repeating: 0, count: repository.tensors[index].bytes.count)
      } == ["V304"])
  }
}

// What config.json states of how linears are quantized, and where.
internal import JSON
internal import ModelConfig

/// `quantization_config`, wherever it stands.
struct StatedQuantization {
  /// The object that counts: that of the top level, else a nested one.
  let value: JSONValue
  /// The key of the nested config that it stands in, if the top level has none.
  let nestedKey: String?

  /// Nil if `config` states nothing.
  init?(_ config: JSONValue) {
    if let top = config["quantization_config"], top.objectValue != nil {
      self.init(value: top, nestedKey: nil)
      return
    }
    for key in CheckpointLayout.languageKeys {
      if let nested = config[key]?["quantization_config"], nested.objectValue != nil {
        self.init(value: nested, nestedKey: key)
        return
      }
    }
    return nil
  }

  private init(value: JSONValue, nestedKey: String?) {
    self.value = value
    self.nestedKey = nestedKey
  }

  /// `quant_method` as it is written; empty if it is not stated.
  var method: String { value["quant_method"]?.stringValue ?? "" }

  /// The method and what refines it: `compressed-tensors pack-quantized`.
  var description: String {
    let refinement = ["packing_format", "format", "version"].lazy.compactMap { value[$0]?.stringValue }.first
    return ([method.isEmpty ? "no quant_method" : method] + [refinement].compactMap(\.self)).joined(separator: " ")
  }

  /// The layout that it states; nil for one that is not examined here.
  var layout: StoredLayout? {
    switch method.lowercased() {
    case "awq": (value["version"]?.stringValue ?? "gemm").lowercased() == "gemm" ? .awq : nil
    case "gptq": .gptq
    case "auto-round", "intel/auto-round": packing
    case "compressed-tensors": value["format"]?.stringValue == "pack-quantized" ? .packed : nil
    default: nil
    }
  }

  /// AutoRound's packings.
  private var packing: StoredLayout? {
    let format = value["packing_format"]?.stringValue ?? "auto_round:auto_gptq"
    if format.hasSuffix("awq") { return .awq }
    return format.contains("fp8") || format.contains("llm_compressor") ? nil : .gptq
  }

  /// Whether GPTQ's zeros stand in their words as they are, as in its second version; else less one.
  var hasPlainZeros: Bool {
    let version = ["checkpoint_format", "format"].lazy.compactMap { value[$0]?.stringValue }.first
    return version == "gptq_v2"
      || ["auto_round", "auto_round:gptqmodel"].contains(value["packing_format"]?.stringValue)
  }

  /// Whether it is AutoAWQ's own method, whose keys loaders demand.
  var isAWQ: Bool { layout == .awq && method.lowercased() == "awq" }

  /// `bits` or AutoAWQ's older `w_bit`.
  var bits: Int? { integer(["bits", "w_bit"]) }

  /// Input features that share a scale, −1 for one scale a row; nil if it is not stated.
  var groupSize: Int? {
    integer(["group_size", "q_group_size"])
      ?? value["config_groups"]?.objectValue?.members.lazy.compactMap { $0.value["weights"]?["group_size"]?.intValue }
      .first
  }

  /// What each group of compressed-tensors' modules states of its weights; empty for other methods.
  var packedGroups: [JSONValue] {
    value["config_groups"]?.objectValue?.members.compactMap { $0.value["weights"] } ?? []
  }

  /// What compressed-tensors' groups state of linears with so many bits; of all, if that is not known.
  func packedGroups(bits: Int?) -> [JSONValue] {
    packedGroups.filter { weights in bits.map { weights.statedBits == $0 } ?? true }
  }

  /// The same of linears with the bits and the groups of `linear`.
  func packedGroups(of linear: QuantizedLinear) -> [JSONValue] {
    packedGroups(bits: linear.bits).filter { weights in
      let size = weights.statedGroupSize
      return size == -1 ? linear.groupCount == 1 : linear.groupSize == size
    }
  }

  /// Whether it states other bits or groups for single modules, as GPTQModel's `dynamic` and AutoRound's `extra_config` do.
  var hasOverrides: Bool {
    ["dynamic", "extra_config"].contains { key in
      value[key]?.objectValue?.members.contains { module in
        let bits = module.value["bits"]?.intValue
        // What is left out, or stays in 16 bit, has none.
        return (bits ?? 16) < 16 || bits == nil && module.value["group_size"] != nil
      } ?? false
    }
  }

  /// `modules_to_not_convert`.
  var skipped: [String] { value["modules_to_not_convert"]?.arrayValue?.compactMap(\.stringValue) ?? [] }

  private func integer(_ keys: [String]) -> Int? { keys.lazy.compactMap { value[$0]?.intValue }.first }
}

extension JSONValue {
  /// Bits of a code by what compressed-tensors states of weights; as our reader takes them if it does not say.
  var statedBits: Int { self["num_bits"]?.intValue ?? 4 }

  /// Input features that share a scale by what compressed-tensors states of weights, −1 for all of a row.
  var statedGroupSize: Int {
    self["strategy"]?.stringValue == "channel" ? -1 : self["group_size"]?.intValue ?? 128
  }
}

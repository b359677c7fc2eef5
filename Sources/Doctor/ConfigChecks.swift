// `quantization_config`: where loaders look for it, and whether it says what the tensors say.
internal import JSON
internal import ModelConfig
internal import Storage

struct ConfigChecks {
  let repository: Repository

  /// Files in which older tools wrote how they quantized, and in which vLLM looks, too.
  private static let oldFiles = ["quantize_config.json", "quant_config.json"]

  func findings() -> [Finding] {
    guard let config = repository.config else { return [] }
    return places(config) + agreement() + ModelConfigChecks(repository: repository).findings() + keys() + dtype(config)
      + SkipListChecks(repository: repository).findings()
  }

  private func places(_ config: JSONValue) -> [Finding] {
    guard let stated = repository.stated else { return unstated() }
    if let key = stated.nestedKey {
      return [
        Finding(
          "C102", .note, "config.json",
          "quantization_config is only inside \(key): vLLM 0.33 finds it there, transformers looks at the top level only",
          do: "for transformers add it there, with all that stays in 16 bit in modules_to_not_convert")
      ]
    }
    let inner = CheckpointLayout.languageKeys.compactMap { key in
      config[key].map { (key, $0["quantization_config"]) }
    }.first
    guard stated.layout == .awq, let (key, nested) = inner else { return [] }
    guard let nested, !nested.isNull else { return lmdeploy(key) }
    let decisive = ["quant_method", "version", "bits", "w_bit", "group_size", "q_group_size", "zero_point"]
    guard decisive.contains(where: { nested[$0] != stated.value[$0] }) else { return [] }
    return [
      Finding(
        "C104", .error, "config.json", "quantization_config at the top level and in \(key) differ",
        do: "make them the same")
    ]
  }

  /// lmdeploy knows InternVL, and no Skywork model.
  private func lmdeploy(_ key: String) -> [Finding] {
    guard repository.architecture?.hasPrefix("InternVL") == true else { return [] }
    return [
      Finding(
        "C103", .warning, "config.json", "no quantization_config inside \(key), where lmdeploy 0.18 looks",
        do: "copy it there")
    ]
  }

  /// Tensors are quantized, and config.json does not say so.
  private func unstated() -> [Finding] {
    guard let linear = repository.linears.first else { return [] }
    if let file = Self.oldFiles.first(where: { repository.names.contains($0) }) {
      return [
        Finding(
          "C109", .warning, file,
          "says how '\(linear.module)' is quantized, config.json does not: vLLM 0.33 reads it, "
            + "transformers does not", do: "put it into config.json as quantization_config")
      ]
    }
    return [
      Finding(
        "C101", .error, "config.json",
        "no quantization_config, but '\(linear.module)' is quantized (\(linear.layout.rawValue))",
        do: "add it at the top level")
    ]
  }

  /// What is stated and what is stored.
  private func agreement() -> [Finding] {
    guard let stated = repository.stated, repository.checkpoint != nil else { return [] }
    guard let stored = repository.layout else {
      guard stated.layout != nil else { return [unexamined(stated.description)] }
      return [
        Finding(
          "C105", .error, "config.json", "quantization_config says \(stated.description), but no tensor is quantized",
          do: "remove it, or take the quantized shards")
      ]
    }
    // Nothing but AWQ's own methods stores linears as AWQ does, and compressed-tensors never as GPTQ.
    let isOther = stored == .awq || stored == .gptq && stated.method == "compressed-tensors"
    if stated.layout != stored, stated.layout != nil || isOther {
      return [
        Finding(
          "C108", .error, "config.json",
          "quantization_config says \(stated.description), but the tensors are \(stored.rawValue)",
          do: "take config.json and shards from one repository")
      ]
    }
    if stored == .awq, stated.layout == .awq {
      guard let bits = stated.bits, bits != 4 else { return [] }
      return [
        Finding(
          "C108", .error, "config.json", "quantization_config says \(bits) bits, but the tensors have 4",
          do: "correct bits")
      ]
    }
    return [unexamined("\(stated.description): \(repository.linears.count) linears")]
  }

  private func unexamined(_ what: String) -> Finding {
    Finding(
      "C106", .note, "config.json", "\(what); names, shapes and scales are examined, codes are not",
      do: "run the tool that made it, or its loader")
  }

  /// What vLLM demands, though others, and our own reader, take a default.
  private func keys() -> [Finding] {
    guard let stated = repository.stated, stated.isAWQ else { return [] }
    let missing = [["bits", "w_bit"], ["group_size", "q_group_size"], ["zero_point"]].compactMap { spellings in
      spellings.contains { stated.value[$0]?.isNull == false } ? nil : spellings[0]
    }
    guard !missing.isEmpty else { return [] }
    return [
      Finding(
        "C203", .error, "config.json",
        "quantization_config has no \(missing.joined(separator: ", ")), which vLLM 0.33 demands",
        do: "add it as the tensors are: 4, in_features divided by the rows of scales, true")
    ]
  }

  private func dtype(_ config: JSONValue) -> [Finding] {
    guard repository.layout == .awq, let dtype = (config["torch_dtype"] ?? config["dtype"])?.stringValue,
      dtype != "float16"
    else { return [] }
    return [
      Finding(
        "C202", .warning, "config.json", "torch_dtype is \(dtype): vLLM 0.33's plain awq kernels take float16 only",
        do: "set float16, or serve with --dtype float16 or with awq_marlin")
    ]
  }
}

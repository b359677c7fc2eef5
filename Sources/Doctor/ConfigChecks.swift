// `quantization_config`: where loaders look for it, and whether it says what the tensors say.
internal import JSON
internal import ModelConfig

struct ConfigChecks {
  let repository: Repository

  func findings() -> [Finding] {
    guard let config = repository.config else { return [] }
    return places(config) + values(config) + keys(config) + dtype(config) + skipped(config)
  }

  /// The config that counts: that of the top level, else a nested one.
  private func quantization(_ config: JSONValue) -> JSONValue? {
    ([config] + CheckpointLayout.languageKeys.compactMap { config[$0] }).lazy.compactMap { $0["quantization_config"] }
      .first { $0.objectValue != nil }
  }

  private func places(_ config: JSONValue) -> [Finding] {
    let top = config["quantization_config"]?.objectValue
    let inner = CheckpointLayout.languageKeys.compactMap { key in
      config[key].map { (key, $0["quantization_config"]) }
    }.first
    guard let quantization = quantization(config) else {
      guard let module = repository.quantizedModules.first else { return [] }
      return [
        Finding(
          "C101", .error, "config.json", "no quantization_config, but '\(module)' is quantized",
          do: "add it at the top level" + (inner.map { " and in \($0.0)" } ?? ""))
      ]
    }
    var findings: [Finding] = []
    if top == nil {
      findings.append(
        Finding(
          "C102", .error, "config.json",
          "quantization_config is only inside \(inner?.0 ?? "a nested config"), where vLLM "
            + "and transformers do not look", do: "copy it to the top level"))
    }
    if let (key, nested) = inner, top != nil {
      if nested == nil || nested?.isNull == true {
        findings.append(
          Finding(
            "C103", .warning, "config.json", "no quantization_config inside \(key), where lmdeploy looks",
            do: "copy it there"))
      } else if nested != quantization {
        findings.append(
          Finding(
            "C104", .error, "config.json", "quantization_config at the top level and in \(key) differ",
            do: "make them the same"))
      }
    }
    if repository.checkpoint != nil, repository.quantizedModules.isEmpty {
      findings.append(
        Finding(
          "C105", .error, "config.json", "quantization_config, but no tensor is quantized",
          do: "remove it, or take the quantized shards"))
    }
    return findings
  }

  /// Whether our own reader, which takes what loaders take, reads it.
  private func values(_ config: JSONValue) -> [Finding] {
    do {
      _ = try ModelConfig(document: config)
      return []
    } catch {
      // The error names the file, as the finding does.
      let (text, file) = ("\(error)", "config.json: ")
      let what = text.hasPrefix(file) ? String(text.dropFirst(file.count)) : text
      // What is well-formed and not read here may well be read elsewhere.
      if case .unsupported = error, quantization(config)?["group_size"]?.intValue == -1 {
        return [Finding("C107", .note, "config.json", what, do: "other programs may read it; skyquant does not")]
      }
      return [
        Finding("C201", .error, "config.json", what, do: "take the original config.json and add quantization_config")
      ]
    }
  }

  /// What vLLM demands, though others, and our own reader, take a default.
  private func keys(_ config: JSONValue) -> [Finding] {
    guard let quantization = quantization(config), quantization["quant_method"]?.stringValue == "awq" else { return [] }
    let missing = [["bits", "w_bit"], ["group_size", "q_group_size"], ["zero_point"]].compactMap { spellings in
      spellings.contains { quantization[$0]?.isNull == false } ? nil : spellings[0]
    }
    guard !missing.isEmpty else { return [] }
    return [
      Finding(
        "C203", .error, "config.json",
        "quantization_config has no \(missing.joined(separator: ", ")), which vLLM demands",
        do: "add it as the tensors are: 4, in_features divided by the rows of scales, true")
    ]
  }

  private func dtype(_ config: JSONValue) -> [Finding] {
    guard !repository.quantizedModules.isEmpty, let dtype = (config["torch_dtype"] ?? config["dtype"])?.stringValue,
      dtype != "float16"
    else { return [] }
    return [
      Finding(
        "C202", .warning, "config.json", "torch_dtype is \(dtype): vLLM's plain awq kernels take float16 only",
        do: "set float16, or serve with --dtype float16 or with awq_marlin")
    ]
  }

  private func skipped(_ config: JSONValue) -> [Finding] {
    guard let quantization = quantization(config) else { return [] }
    let entries = quantization["modules_to_not_convert"]?.arrayValue?.compactMap(\.stringValue) ?? []
    var findings: [Finding] = []
    for entry in entries {
      let hidden = repository.quantizedModules.filter { $0.contains(entry) }
      guard let first = hidden.first else { continue }
      findings.append(
        Finding(
          "C301", .error, "modules_to_not_convert",
          "'\(entry)' is part of the name of \(hidden.count) quantized modules, such as '\(first)', which vLLM will skip",
          do: "write full module names"))
    }
    let open = repository.plainLinears.filter { module in
      !module.hasSuffix(DecoderNames.headComponent) && !entries.contains { module.contains($0) }
    }
    if !repository.quantizedModules.isEmpty, let first = open.first {
      findings.append(
        Finding(
          "C302", .error, "modules_to_not_convert",
          "\(open.count) modules in 16 bit are not listed, such as '\(first)': loaders will ask for their qweight",
          do: "list them, or the part of their name that no quantized module has"))
    }
    return findings
  }
}

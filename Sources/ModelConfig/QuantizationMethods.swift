// What each tool writes into `quantization_config`.
import Basics
import JSON

extension QuantizationConfig {
  /// AutoAWQ, also in lmdeploy's spelling.
  static func awq(_ reader: ConfigReader) throws(ModelConfigError) -> QuantizationConfig {
    let version = (try reader.string("version") ?? "gemm").lowercased()
    guard version == "gemm" else {
      throw .unsupported(what: "AWQ version \"\(version.displayed)\"", advice: "only the gemm layout is read")
    }
    let bits = try reader.codeBits("AWQ", reader.value("bits") == nil ? "w_bit" : "bits", read: [4])
    guard try reader.bool("zero_point", default: true) else {
      throw .unsupported(what: "AWQ without zero points", advice: "only zero_point true is read")
    }
    let groupSize = try reader.groupSize(["group_size", "q_group_size"])
    return QuantizationConfig(
      .awq, [Kind(bits: bits, groupSize: groupSize, hasZeroPoint: true)],
      skippedModules: reader.value("modules_to_not_convert")?.arrayValue?.compactMap(\.stringValue) ?? [])
  }

  /// AutoGPTQ and GPTQModel. Whether channels are in order of their groups, the tensors say, and not `desc_act`.
  static func gptq(_ reader: ConfigReader) throws(ModelConfigError) -> QuantizationConfig {
    let key = reader.value("checkpoint_format") == nil ? "format" : "checkpoint_format"
    let format = try reader.string(key) ?? Layout.gptq.rawValue
    guard let layout = [Layout.gptq, .gptqV2].first(where: { $0.rawValue == format }) else {
      throw .unsupported(
        what: "GPTQ checkpoint_format \"\(format.displayed)\"", advice: "gptq and gptq_v2 are read")
    }
    let type = try reader.string("pack_dtype") ?? "int32"
    guard type == "int32" || type == "torch.int32" else {
      throw .unsupported(what: "GPTQ in words of \(type.displayed)", advice: "only int32 is read")
    }
    let rules = reader.value("dynamic")?.objectValue?.keys ?? []
    return try words(
      layout, reader, "GPTQ", hasRules: rules.contains { !$0.hasPrefix("-:") },
      skipped: rules.filter { $0.hasPrefix("-:") })
  }

  /// AutoRound's packings of whole numbers, each of which is another tool's layout.
  private static let autoRoundPackings: [(name: String, layout: Layout)] = [
    ("auto_round:auto_gptq", .gptq), ("auto_round:gptq", .gptq), ("auto_round:auto_awq", .awq),
    ("auto_round:awq", .awq), ("auto_round", .gptqV2), ("auto_round:gptqmodel", .gptqV2),
  ]

  /// AutoRound.
  static func autoRound(_ reader: ConfigReader) throws(ModelConfigError) -> QuantizationConfig {
    let packing = try reader.string("packing_format") ?? "auto_round:auto_gptq"
    let type = try reader.string("data_type") ?? "int"
    guard let found = autoRoundPackings.first(where: { $0.name == packing }), type == "int" else {
      throw .unsupported(
        what: "AutoRound's packing \"\(packing.displayed)\" of \(type.displayed)",
        advice: autoRoundPackings.map(\.name).joined(separator: ", ") + " are read")
    }
    guard try reader.int("act_bits", in: 1...32, default: 16) >= 16 else {
      throw .unsupported(what: "AutoRound with quantized activations", advice: "only weights may be quantized")
    }
    let rules = reader.value("extra_config")?.objectValue?.members ?? []
    return try words(
      found.layout, reader, "AutoRound", hasRules: rules.contains { ($0.value["bits"]?.intValue ?? 4) < 16 },
      skipped: rules.filter { ($0.value["bits"]?.intValue ?? 4) >= 16 }.map(\.key))
  }

  /// The keys that GPTQ's tools and AutoRound share.
  private static func words(
    _ layout: Layout, _ reader: ConfigReader, _ method: String, hasRules: Bool, skipped: [String]
  ) throws(ModelConfigError) -> QuantizationConfig {
    if hasRules { return QuantizationConfig(layout, [], skippedModules: skipped) }
    let kind = Kind(
      bits: try reader.codeBits(method), groupSize: try reader.groupSize(),
      hasZeroPoint: !(try reader.bool("sym", default: false)))
    return QuantizationConfig(layout, [kind], skippedModules: skipped)
  }

  /// compressed-tensors, as llm-compressor writes it.
  static func compressedTensors(_ reader: ConfigReader) throws(ModelConfigError) -> QuantizationConfig {
    let format = try reader.string("format") ?? "nothing"
    guard let groups = try reader.child("config_groups"),
      [Layout.packQuantized.rawValue, "mixed-precision"].contains(format)
    else {
      throw .unsupported(
        what: "compressed-tensors format \"\(format.displayed)\"", advice: "only pack-quantized is read")
    }
    guard !groups.object.members.isEmpty else {
      throw .invalid(
        key: reader.name("config_groups"), expected: "groups of modules with their weights", found: "none")
    }
    guard try reader.string("quantization_status") ?? "compressed" == "compressed" else {
      throw .unsupported(
        what: "compressed-tensors before compression", advice: "save the model with save_compressed")
    }
    let ignored = reader.value("ignore")?.arrayValue?.compactMap(\.stringValue) ?? []
    let kinds = try groups.object.keys.map { name throws(ModelConfigError) in
      let weights = try groups.packedWeights(name)
      return Kind(
        bits: try weights.codeBits("compressed-tensors", "num_bits"),
        groupSize: try weights.string("strategy") == "channel" ? -1 : try weights.groupSize(),
        hasZeroPoint: !(try weights.bool("symmetric", default: true)))
    }
    return QuantizationConfig(.packQuantized, kinds, skippedModules: ignored)
  }
}

extension ConfigReader {
  /// What is said of the weights of a group of modules: whole numbers in groups or rows, beside plain activations.
  fileprivate func packedWeights(_ name: String) throws(ModelConfigError) -> ConfigReader {
    guard let group = try child(name), let weights = try group.child("weights") else {
      throw .invalid(key: self.name(name), expected: "an object with weights", found: "nothing")
    }
    for key in ["input_activations", "output_activations"] where group.value(key) != nil {
      throw .unsupported(
        what: "compressed-tensors with quantized activations", advice: "only weights may be quantized")
    }
    let format = try group.string("format") ?? QuantizationConfig.Layout.packQuantized.rawValue
    let type = try weights.string("type") ?? "int", strategy = try weights.string("strategy") ?? "group"
    guard format == QuantizationConfig.Layout.packQuantized.rawValue, type == "int",
      ["group", "channel"].contains(strategy)
    else {
      throw .unsupported(
        what: "compressed-tensors \"\(format.displayed)\" of \(type.displayed) by \(strategy.displayed)",
        advice: "pack-quantized whole numbers by group or channel are read")
    }
    return weights
  }
}

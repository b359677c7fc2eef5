// config.json of a compressed-tensors checkpoint: that of the AWQ checkpoint with another quantization_config.
internal import JSON
internal import ModelConfig
internal import Quantization

/// Writes the quantization into a config, as llm-compressor 0.14 does for asymmetric int4 in groups.
struct CompressedTensorsConfig {
  let config: ModelConfig
  let groupSize: Int
  /// Linears of the decoder layers that stay in 16 bit, by their names in the file.
  let skippedLinears: [String]

  /// The document: the quantization stands at the top level only, where loaders of this format look.
  var document: JSONValue {
    guard var object = config.document.objectValue else { return config.document }
    for key in CheckpointLayout.languageKeys {
      guard var language = object[key]?.objectValue else { continue }
      language["quantization_config"] = nil
      object[key] = .object(language)
    }
    object["quantization_config"] = quantization
    return .object(object)
  }

  private var quantization: JSONValue {
    let weights: JSONValue = [
      "num_bits": .integer(QuantizationScheme.bits), "type": "int", "strategy": "group",
      "group_size": .integer(groupSize), "symmetric": false, "dynamic": false, "actorder": .null,
    ]
    let group: JSONValue = [
      "targets": ["Linear"], "weights": weights, "input_activations": .null, "output_activations": .null,
      "format": "pack-quantized",
    ]
    return [
      "quant_method": "compressed-tensors", "format": "pack-quantized", "quantization_status": "compressed",
      "config_groups": ["group_0": group], "ignore": .array(ignored.map(JSONValue.string)), "kv_cache_scheme": .null,
    ]
  }

  /// Names, and regular expressions after `re:`.
  private var ignored: [String] {
    let towers = config.layout == .text ? [] : ["re:.*vision_(model|tower).*", "re:.*(mlp1|multi_modal_projector).*"]
    return towers + ["re:.*" + DecoderNames.headComponent] + skippedLinears
  }
}

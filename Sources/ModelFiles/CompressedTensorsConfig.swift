// config.json of a compressed-tensors checkpoint: the model's with another quantization_config.
internal import JSON
internal import ModelConfig
internal import Quantization

/// Writes the quantization into a config, as llm-compressor 0.14 does for asymmetric int4 in groups.
struct CompressedTensorsConfig {
  private let exported: ExportedQuantization

  init(_ exported: ExportedQuantization) { self.exported = exported }

  var document: JSONValue { exported.config.stating(quantization) }

  private var quantization: JSONValue {
    let weights: JSONValue = [
      "num_bits": .integer(QuantizationScheme.bits), "type": "int", "strategy": "group",
      "group_size": .integer(exported.scheme.groupSize), "symmetric": false, "dynamic": false, "actorder": .null,
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
    let towers =
      exported.config.layout == .text ? [] : ["re:.*vision_(model|tower).*", "re:.*(mlp1|multi_modal_projector).*"]
    return towers + ["re:.*" + DecoderNames.headComponent] + exported.skippedLinears
  }
}

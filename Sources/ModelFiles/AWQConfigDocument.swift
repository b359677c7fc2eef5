// config.json of an AWQ checkpoint: the original's, with how its linears are stored, where every loader looks.
internal import JSON
internal import ModelConfig

/// Writes the quantization into a config.
struct AWQConfigDocument {
  let config: ModelConfig
  let groupSize: Int
  /// Modules of the decoder layers that stay in 16 bit, by their names in the file.
  let skippedLinears: [String]

  /// The document.
  ///
  /// transformers and vLLM read the top level, lmdeploy and older vLLM the language model's config: both get it. The
  /// skip list is spelled out, since transformers would otherwise replace the linears of the vision tower.
  var document: JSONValue { config.stating(quantization) { $0.servedInHalf } }

  private var quantization: JSONValue {
    [
      "quant_method": "awq", "version": "gemm", "bits": .integer(4),
      "group_size": .integer(groupSize), "zero_point": true,
      "modules_to_not_convert": .array((config.modulesOutsideDecoder + skippedLinears).map(JSONValue.string)),
    ]
  }
}

// A config.json that says how linears are stored, where every loader looks.
internal import JSON
internal import ModelConfig

extension JSONObject {
  /// The same of a model that is computed with in half precision, as AWQ's kernels do, and in which its scales are stored;
  /// the config's own spelling of the key is kept, or both if it has both.
  var servedInHalf: JSONObject {
    var object = self
    for key in ["dtype", "torch_dtype"] where object[key] != nil { object[key] = "float16" }
    return object
  }
}

extension ModelConfig {
  /// The document with `quantization` at the top level, which transformers and vLLM read, and again in the language model's
  /// config, which lmdeploy reads.
  /// - Parameter change: What else becomes of both.
  func stating(_ quantization: JSONValue, changing change: (JSONObject) -> JSONObject = { $0 }) -> JSONValue {
    guard var object = document.objectValue.map(change) else { return document }
    object["quantization_config"] = quantization
    if let key = layout.languageKey, var language = object[key]?.objectValue.map(change) {
      language["quantization_config"] = quantization
      object[key] = .object(language)
    }
    return .object(object)
  }

  /// What loaders must keep in 16 bit beside linears of the decoder's layers, by names that are part of their names.
  var modulesOutsideDecoder: [String] {
    switch layout {
    case .chat: ["vision_model", "mlp1", DecoderNames.headComponent]
    case .native: ["vision_tower", "multi_modal_projector", DecoderNames.headComponent]
    case .text: [DecoderNames.headComponent]
    }
  }
}

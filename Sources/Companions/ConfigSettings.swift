// What of config.json shapes the forward pass, the pictures and the conversation, whatever layout and spelling it has.
internal import JSON
internal import ModelConfig

extension SettingList {
  /// Every setting of `config` that this program computes with, and the ids and texts that others take from it. How weights
  /// are stored (`torch_dtype`, `quantization_config`, tied embeddings) is no part of it.
  /// - Parameter template: The name of the conversation template that follows from it; nil if it names one that is not
  ///   known.
  init(_ config: ModelConfig, template: String?) {
    self.init(file: "config.json")
    add(config.text)
    if let multimodal = config.multimodal { add(multimodal) }
    let inner = config.layout.languageKey.flatMap { config.document[$0] }
    for key in ["bos_token_id", "eos_token_id", "pad_token_id"] {
      let values = [inner?[key], config.document[key]].compactMap(\.self)
      add(key, values.first { !$0.isNull }?.meaning(of: key))
    }
    if let pads = config.document["pad2square"], pads != false, !pads.isNull { add("pad2square", pads.meaning()) }
    add("template", template ?? config.template)
    add("system_message", config.systemMessage)
  }

  private mutating func add(_ text: TextConfig) {
    let settings: [(String, Any)] = [
      ("model_type", text.architecture.rawValue), ("hidden_size", text.hiddenSize),
      ("num_hidden_layers", text.layerCount),
      ("num_attention_heads", text.headCount), ("num_key_value_heads", text.kvHeadCount), ("head_dim", text.headDim),
      ("vocab_size", text.vocabularySize), ("rms_norm_eps", text.normEpsilon), ("rope_theta", text.ropeTheta),
      ("rope_scaling", text.ropeScaling), ("max_position_embeddings", text.maxPositions),
      ("bias of q, k and v", text.hasQKVBias),
      ("bias of \(DecoderLinear.output.component)", text.hasOutputBias), ("mlp_bias", text.hasMLPBias),
      ("norm of q and k", text.hasQKNorm),
    ]
    for (name, value) in settings { add(name, "\(value)") }
  }

  private mutating func add(_ model: MultimodalConfig) {
    let vision = model.vision
    let fromTheEnd = model.activeLayerCount - vision.layerCount - 1
    let settings: [(String, Any)] = [
      ("downsample_ratio", model.downsampleRatio), ("ps_version", model.pixelShuffle.rawValue),
      ("select_layer", fromTheEnd), ("dynamic_image_size", model.usesDynamicTiling),
      ("min_dynamic_patch", model.minTiles), ("max_dynamic_patch", model.maxTiles),
      ("use_thumbnail", model.usesThumbnail), ("vision_config.hidden_size", vision.hiddenSize),
      ("vision_config.intermediate_size", vision.intermediateSize),
      ("vision_config.num_attention_heads", vision.headCount),
      ("vision_config.num_hidden_layers", vision.layerCount), ("vision_config.image_size", vision.imageSize),
      ("vision_config.patch_size", vision.patchSize), ("vision_config.norm_type", vision.normType.rawValue),
      ("vision_config.layer_norm_eps", vision.normEpsilon), ("vision_config.qk_normalization", vision.hasQKNorm),
      ("vision_config.qkv_bias", vision.hasQKVBias),
    ]
    for (name, value) in settings { add(name, "\(value)") }
  }
}

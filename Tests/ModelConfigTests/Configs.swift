// config.json texts of the family, cut down to what the forward pass needs (values of model.md's sources: the model
// cards and configs of OpenGVLab/InternVL3-*, Skywork/Skywork-R1V*, Qwen/Qwen3-*, transformers' defaults).
import JSON
import ModelConfig
import Testing

/// A config as text with some of its members replaced or removed.
struct ConfigText {
  private var document: JSONObject

  init(_ text: String) throws { document = try #require(try JSONValue(parsing: text).objectValue) }

  /// The same config with `value` at `path`, whose parents exist.
  func with(_ path: String..., value: JSONValue) -> ConfigText {
    var copy = self
    copy.document = ConfigText.set(path[...], value, in: document)
    return copy
  }

  func parsed() throws(ModelConfigError) -> ModelConfig { try ModelConfig(document: .object(document)) }

  private static func set(_ path: ArraySlice<String>, _ value: JSONValue, in object: JSONObject) -> JSONObject {
    var object = object
    guard let key = path.first else { return object }
    object[key] = path.count == 1 ? value : .object(set(path.dropFirst(), value, in: object[key]?.objectValue ?? [:]))
    return object
  }
}

enum Configs {
  /// InternViT-6B with a Qwen2.5-32B: Skywork-R1V3-38B, InternVL3-38B.
  static let chat6B = """
    {"model_type": "skywork_chat", "architectures": ["SkyworkChatModel"], "downsample_ratio": 0.5,
     "dynamic_image_size": true, "force_image_size": 448, "use_thumbnail": true, "ps_version": "v2",
     "select_layer": -1, "min_dynamic_patch": 1, "max_dynamic_patch": 12, "template": "internvl2_5",
     "system_message": null, "tie_word_embeddings": false,
     "llm_config": {"model_type": "qwen2", "hidden_size": 5120, "intermediate_size": 27648, "num_hidden_layers": 64,
       "num_attention_heads": 40, "num_key_value_heads": 8, "vocab_size": 151674, "rms_norm_eps": 1e-06,
       "rope_theta": 1000000.0, "rope_scaling": {"factor": 2.0, "type": "dynamic"},
       "max_position_embeddings": 32768, "use_sliding_window": false, "sliding_window": null,
       "max_window_layers": 70, "hidden_act": "silu", "bos_token_id": 151643, "eos_token_id": [151644, 151645]},
     "vision_config": {"hidden_size": 3200, "intermediate_size": 12800, "num_attention_heads": 25,
       "num_hidden_layers": 45, "image_size": 448, "patch_size": 14, "norm_type": "rms_norm",
       "layer_norm_eps": 1e-06, "qk_normalization": true, "qkv_bias": false, "hidden_act": "gelu"}}
    """

  /// InternViT-300M with a Qwen2.5-0.5B: InternVL3-1B.
  static let chat300M = """
    {"model_type": "internvl_chat", "dynamic_image_size": true, "force_image_size": 448, "use_thumbnail": true,
     "ps_version": "v2", "select_layer": -1, "max_dynamic_patch": 12, "template": "internvl2_5",
     "system_message": "Be brief.",
     "llm_config": {"model_type": "qwen2", "hidden_size": 896, "intermediate_size": 4864, "num_hidden_layers": 24,
       "num_attention_heads": 14, "num_key_value_heads": 2, "vocab_size": 151674, "rope_theta": 1000000.0,
       "tie_word_embeddings": true, "eos_token_id": 151643},
     "vision_config": {"hidden_size": 1024, "intermediate_size": 4096, "num_attention_heads": 16,
       "num_hidden_layers": 24, "image_size": 448, "patch_size": 14, "norm_type": "layer_norm",
       "layer_norm_eps": 1e-06, "qk_normalization": false, "qkv_bias": true}}
    """

  /// InternVL3-1B-hf: other keys, defaults of transformers' own classes.
  static let native = """
    {"model_type": "internvl", "architectures": ["InternVLForConditionalGeneration"], "downsample_ratio": 0.5,
     "image_seq_length": 256, "image_token_id": 151667, "tie_word_embeddings": false, "vision_feature_layer": -1,
     "text_config": {"model_type": "qwen2", "hidden_size": 896, "intermediate_size": 4864, "num_hidden_layers": 24,
       "num_attention_heads": 14, "num_key_value_heads": 2, "vocab_size": 151674, "rms_norm_eps": 1e-06,
       "rope_parameters": {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 1000000.0}},
     "vision_config": {"model_type": "internvl_vision", "hidden_size": 1024, "intermediate_size": 4096,
       "num_attention_heads": 16, "num_hidden_layers": 24, "image_size": [448, 448], "patch_size": [14, 14],
       "norm_type": "layer_norm", "use_qk_norm": false, "attention_bias": true}}
    """

  /// InternVL3.5 with a Qwen3: heads wider than hidden / heads.
  static let internVL35 = """
    {"model_type": "internvl_chat", "ps_version": "v2", "force_image_size": 448, "template": "internvl2_5",
     "llm_config": {"model_type": "qwen3", "hidden_size": 1024, "intermediate_size": 3072, "num_hidden_layers": 28,
       "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 151936,
       "attention_bias": false, "rope_scaling": null, "rope_theta": 1000000, "max_position_embeddings": 40960},
     "vision_config": {"hidden_size": 1024, "intermediate_size": 4096, "num_attention_heads": 16,
       "num_hidden_layers": 24, "image_size": 448, "norm_type": "layer_norm", "qk_normalization": false,
       "qkv_bias": true}}
    """

  static let llama31 = """
    {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 2048, "intermediate_size": 8192,
     "num_hidden_layers": 16, "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256,
     "rms_norm_eps": 1e-05, "rope_theta": 500000.0, "max_position_embeddings": 131072, "tie_word_embeddings": true,
     "rope_scaling": {"factor": 32.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0,
       "original_max_position_embeddings": 8192, "rope_type": "llama3"},
     "bos_token_id": 128000, "eos_token_id": [128001, 128008, 128009]}
    """

  static func text(_ type: String) -> String {
    """
    {"model_type": "\(type)", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
     "num_attention_heads": 4, "vocab_size": 100}
    """
  }
}

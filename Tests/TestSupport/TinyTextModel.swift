// A text model of random weights as transformers would save it, written by Foundation alone.
import Foundation

/// Sizes and settings of a random Llama, Qwen2 or Qwen3.
public struct TinyTextModel {
  public var type = "llama"
  public var hidden = 128
  public var inner = 256
  public var layers = 2
  public var heads = 4
  public var keyHeads = 2
  public var vocabulary = 512
  /// Further keys of config.json, and those that replace others.
  public var settings: [String: Any] = [:]
  /// Tensors that are left out.
  public var leftOut: Set<String> = []
  /// More tensors, by name.
  public var more: [(name: String, shape: [Int])] = []

  public init() {}

  /// config.json.
  private var config: [String: Any] {
    let architectures = ["llama": "LlamaForCausalLM", "qwen2": "Qwen2ForCausalLM", "qwen3": "Qwen3ForCausalLM"]
    let config: [String: Any] = [
      "model_type": type, "architectures": [architectures[type] ?? type], "hidden_size": hidden,
      "intermediate_size": inner, "num_hidden_layers": layers, "num_attention_heads": heads,
      "num_key_value_heads": keyHeads, "head_dim": hidden / heads, "hidden_act": "silu", "rms_norm_eps": 1e-6,
      "rope_theta": 10000.0, "max_position_embeddings": 2048, "vocab_size": vocabulary, "tie_word_embeddings": false,
      "torch_dtype": "bfloat16",
    ]
    return config.merging(settings) { $1 }
  }

  /// Names and shapes, in order.
  private var tensors: [(name: String, shape: [Int])] {
    var list: [(name: String, shape: [Int])] = [("model.embed_tokens.weight", [vocabulary, hidden])]
    let keys = hidden / heads * keyHeads
    for layer in 0..<layers {
      let attention = [("q", hidden), ("k", keys), ("v", keys)]
      var parts = attention.map { ("self_attn.\($0.0)_proj.weight", [$0.1, hidden]) }
      if type == "qwen2" { parts += attention.map { ("self_attn.\($0.0)_proj.bias", [$0.1]) } }
      if type == "qwen3" { parts += ["q", "k"].map { ("self_attn.\($0)_norm.weight", [hidden / heads]) } }
      parts += [
        ("self_attn.o_proj.weight", [hidden, hidden]), ("mlp.gate_proj.weight", [inner, hidden]),
        ("mlp.up_proj.weight", [inner, hidden]), ("mlp.down_proj.weight", [hidden, inner]),
        ("input_layernorm.weight", [hidden]), ("post_attention_layernorm.weight", [hidden]),
      ]
      list += parts.map { ("model.layers.\(layer)." + $0.0, $0.1) }
    }
    list += [("model.norm.weight", [hidden]), ("lm_head.weight", [vocabulary, hidden])]
    return list.filter { !leftOut.contains($0.name) } + more
  }

  /// Writes the model into the new directory `name` of `folder`, with the small files of the model `tokenizer` that are
  /// its tokenizer's, and returns its path. Weights are BF16, the same for the same names, shapes and order.
  public func write(into folder: TemporaryDirectory, as name: String, tokenizer: String) throws -> String {
    let json = try JSONSerialization.data(withJSONObject: config)
    let path = try folder.write(Array(json), to: name + "/config.json")
    for file in ["tokenizer.json", "tokenizer_config.json", "added_tokens.json", "vocab.json", "merges.txt"] {
      try? FileManager.default.copyItem(atPath: tokenizer + "/" + file, toPath: folder.path(name + "/" + file))
    }
    try folder.write(file, to: name + "/model.safetensors")
    return String(path.dropLast("/config.json".count))
  }

  /// The safetensors file.
  private var file: [UInt8] {
    get throws {
      var header: [String: Any] = ["__metadata__": ["format": "pt"]]
      var data: [UInt8] = [], generator = SeededGenerator(seed: 17)
      for (name, shape) in tensors {
        let begin = data.count
        for _ in 0..<shape.reduce(1, *) {
          let value = name.hasSuffix("norm.weight") ? 1 : Float.random(in: -0.15...0.15, using: &generator)
          let bits = value.bitPattern >> 16
          data += [UInt8(bits & 0xFF), UInt8(bits >> 8)]
        }
        header[name] = ["dtype": "BF16", "shape": shape, "data_offsets": [begin, data.count]]
      }
      var text = Array(try JSONSerialization.data(withJSONObject: header))
      text += [UInt8](repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
      return (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text + data
    }
  }
}

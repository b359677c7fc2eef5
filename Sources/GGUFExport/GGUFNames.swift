// What llama.cpp calls the tensors of a decoder, and the order in which it wants their rows
// (ggml-org/llama.cpp, gguf-py/gguf/tensor_mapping.py and convert_hf_to_gguf.py).
internal import ModelConfig
internal import Tensors

struct GGUFNames {
  private let config: TextConfig

  private static let outside = [
    "model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
  ]
  private static let modules = [
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm", "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
  ]

  init(_ config: TextConfig) { self.config = config }

  /// The name of tensor `name` of a text model; nil if llama.cpp has none for it.
  func name(of name: String) -> String? {
    if let known = Self.outside[name] { return known }
    guard let (layer, module, parameter) = parts(of: name), let known = Self.modules[module] else { return nil }
    return "blk.\(layer).\(known).\(parameter)"
  }

  /// How many heads of `config.headDim` rows the tensor `name` has, if their rows are reordered.
  func reorderedHeads(of name: String) -> Int? {
    guard config.architecture == .llama, let (_, module, _) = parts(of: name) else { return nil }
    switch module {
    case "self_attn.q_proj": return config.headCount
    case "self_attn.k_proj": return config.kvHeadCount
    default: return nil
    }
  }

  /// Which row of the tensor, of whole heads, comes at each place; nil where the order stays.
  ///
  /// Llama's checkpoints rotate the halves of a head against each other, llama.cpp its neighbours: row j·d/2 + i of a
  /// head becomes row 2i + j.
  func rowOrder(of name: String, rows: Int) -> [Int]? {
    guard reorderedHeads(of: name) != nil else { return nil }
    let width = config.headDim, half = width / 2
    return (0..<rows).map { row in
      let (head, place) = (row / width, row % width)
      return head * width + place % 2 * half + place / 2
    }
  }

  private func parts(of name: String) -> (layer: Int, module: String, parameter: String)? {
    let words = name.split(separator: ".").map(String.init)
    guard words.count >= 5, words[0] == "model", words[1] == "layers", let layer = Int(words[2]),
      let parameter = words.last, parameter == "weight" || parameter == "bias"
    else { return nil }
    return (layer, words[3..<words.count - 1].joined(separator: "."), parameter)
  }
}

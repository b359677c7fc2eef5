// What llama.cpp calls the tensors of a decoder, and the order in which it wants their rows
// (ggml-org/llama.cpp, gguf-py/gguf/tensor_mapping.py and convert_hf_to_gguf.py).
internal import ModelConfig

struct LanguageNames {
  private let config: TextConfig

  private static let outside = [
    DecoderNames.embeddings: "token_embd", DecoderNames.finalNorm: "output_norm", DecoderNames.head: "output",
  ]

  init(_ config: TextConfig) { self.config = config }

  /// What llama.cpp calls the tensor of this canonical name; nil if it has none such.
  func name(of name: String) -> String? {
    if let module = name.removingSuffix(".weight"), let known = Self.outside[module] { return known + ".weight" }
    guard let (layer, module, parameter) = parts(of: name) else { return nil }
    return "blk.\(layer).\(Self.name(of: module)).\(parameter)"
  }

  private static func name(of module: DecoderModule) -> String {
    switch module {
    case .norm(.input): "attn_norm"
    case .norm(.postAttention): "ffn_norm"
    case .headNorm(.query): "attn_q_norm"
    case .headNorm(.key): "attn_k_norm"
    case .linear(.query): "attn_q"
    case .linear(.key): "attn_k"
    case .linear(.value): "attn_v"
    case .linear(.output): "attn_output"
    case .linear(.gate): "ffn_gate"
    case .linear(.up): "ffn_up"
    case .linear(.down): "ffn_down"
    }
  }

  /// How many heads of `config.headDim` rows the tensor of this canonical name has, if their rows are reordered.
  func reorderedHeads(of name: String) -> Int? {
    guard config.architecture == .llama, let (_, module, _) = parts(of: name) else { return nil }
    switch module {
    case .linear(.query): return config.headCount
    case .linear(.key): return config.kvHeadCount
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

  private func parts(of name: String) -> (layer: Int, module: DecoderModule, parameter: String)? {
    guard let layer = WeightNames.layer(of: name, in: .decoder),
      let path = name.removingPrefix(DecoderNames.layer(layer) + "."), let dot = path.lastIndex(of: "."),
      let module = DecoderModule(path: String(path[..<dot]))
    else { return nil }
    let parameter = String(path[path.index(after: dot)...])
    return ["weight", "bias"].contains(parameter) ? (layer, module, parameter) : nil
  }
}

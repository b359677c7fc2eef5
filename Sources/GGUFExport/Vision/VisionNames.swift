// What llama.cpp calls the tensors of a vision tower and its projector (ggml-org/llama.cpp, tools/mtmd/clip-impl.h).
internal import ModelConfig

enum VisionNames {
  private static let tower = "vision_model."
  private static let layers = tower + "encoder.layers."
  private static let projector = "mlp1."
  /// The table of positions, `[1, tokens, width]`.
  static let positions = tower + "embeddings.position_embedding"
  /// The convolution's kernel, `[width, 3, side, side]`.
  static let patches = tower + "embeddings.patch_embedding.weight"

  private static let outside = [
    tower + "embeddings.class_embedding": "v.class_embd", positions: "v.position_embd.weight",
    patches: "v.patch_embd.weight", tower + "embeddings.patch_embedding.bias": "v.patch_embd.bias",
  ]
  private static let modules = [
    "norm1": "ln1", "norm2": "ln2", "attn.q_proj": "attn_q", "attn.k_proj": "attn_k", "attn.v_proj": "attn_v",
    "attn.q_norm": "attn_q_norm", "attn.k_norm": "attn_k_norm", "attn.proj": "attn_out", "mlp.fc1": "ffn_up",
    "mlp.fc2": "ffn_down",
  ]

  /// Whether the canonical name is one of the tower's or the projector's.
  static func isVision(_ name: String) -> Bool { name.hasPrefix(tower) || name.hasPrefix(projector) }

  /// What llama.cpp calls the tensor of this canonical name; nil if it has none such.
  static func name(of name: String) -> String? {
    if let known = outside[name] { return known }
    if let rest = name.removingPrefix(projector) { return "mm.model.mlp." + rest }
    guard let layer = WeightNames.layer(of: name, in: .vision), let path = name.removingPrefix(layers + "\(layer).")
    else { return nil }
    if ["ls1", "ls2"].contains(path) { return "v.blk.\(layer).\(path).weight" }
    guard let dot = path.lastIndex(of: "."), let module = modules[String(path[..<dot])] else { return nil }
    return "v.blk.\(layer).\(module)\(path[dot...])"
  }
}

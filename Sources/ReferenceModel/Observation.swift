// The inputs of a decoder layer's linears, and a way to look inside a forward pass: traces of hidden states.
public import Tensors

/// Where in a decoder layer linears read. Linears of one site share their input.
public enum LinearSite: String, CaseIterable, Sendable {
  /// q_proj, k_proj and v_proj.
  case attentionInput
  /// o_proj.
  case attentionOutput
  /// gate_proj and up_proj.
  case mlpInput
  /// down_proj.
  case mlpOutput
}

/// Receives a hidden state and its name, in order of computation: `vision.embeddings`, `vision.layer.N` (each
/// `[1, tokens, width]`, once per tile), `projector` (`[1, tokensPerTile, hidden]`, once per tile),
/// `language.embeddings`, `language.layer.N`, `language.final_norm`, `logits` (each `[tokens, …]`).
public typealias TraceSink = (_ name: String, _ tensor: Tensor) -> Void

// Ways to look inside a forward pass: taps at the inputs of linears, traces of hidden states.
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

/// Receives the input `[tokens, in]` of a site's linears, in order of `LinearSite.allCases`.
public typealias ActivationTap = (LinearSite, Tensor) -> Void

/// Receives a hidden state and its name, in order of computation: `vision.embeddings`, `vision.layer.N` (each
/// `[1, tokens, width]`, once per tile), `projector` (`[1, tokensPerTile, hidden]`, once per tile),
/// `language.embeddings`, `language.layer.N`, `language.final_norm`, `logits` (each `[tokens, …]`).
public typealias TraceSink = (_ name: String, _ tensor: Tensor) -> Void

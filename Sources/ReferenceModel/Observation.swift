// A way to look inside a forward pass: traces of hidden states.
public import Tensors

/// Receives a hidden state and its name, in order of computation: `vision.embeddings`, `vision.layer.N` (each
/// `[1, tokens, width]`, once per tile), `projector` (`[1, tokensPerTile, hidden]`, once per tile),
/// `language.embeddings`, `language.layer.N`, `language.final_norm`, `logits` (each `[tokens, …]`).
public typealias TraceSink = (_ name: String, _ tensor: Tensor) -> Void

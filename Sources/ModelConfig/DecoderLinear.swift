// The linears of a decoder layer, by name.

/// A linear of a decoder layer. Raw values are its path inside the layer.
public enum DecoderLinear: String, Sendable, CaseIterable {
  /// Queries.
  case query = "self_attn.q_proj"
  /// Keys.
  case key = "self_attn.k_proj"
  /// Values.
  case value = "self_attn.v_proj"
  /// Mixes the heads.
  case output = "self_attn.o_proj"
  /// The gate of the MLP.
  case gate = "mlp.gate_proj"
  /// What the gate lets through.
  case up = "mlp.up_proj"
  /// Back to the hidden size.
  case down = "mlp.down_proj"

  /// The canonical module name in layer `index`.
  public func moduleName(layer index: Int) -> String { "language_model.model.layers.\(index).\(rawValue)" }
}

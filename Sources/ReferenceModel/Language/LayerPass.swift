// The stages of a decoder layer: composed once, for the forward pass and for calibration, which stops at each.
public import Kernels
public import ModelConfig
public import Tensors

/// A sequence on its way through a decoder layer, at one of the sites where linears read.
public struct LayerPass: Sendable {
  /// `[tokens, hidden]`: the residual stream.
  public private(set) var hidden: Tensor
  /// What the site's linears read, `[tokens, features]`; before the first site the residual stream itself. May be
  /// replaced when what made it has changed.
  public var input: Tensor
  private let products: LinearProducts

  public init(_ hidden: Tensor) { self.init(hidden, by: .panels) }

  init(_ hidden: Tensor, by products: LinearProducts) {
    self.hidden = hidden
    input = hidden
    self.products = products
  }

  /// Goes on to `site` of `layer`: through the linears of the site before and what follows them.
  ///
  /// Sites must be visited in order. What lies before `site` may have been replaced since the last stop.
  /// - Parameters:
  ///   - rotary: of the tokens' positions; only asked for on the way to `attentionOutput`.
  ///   - cache: keys and values of earlier tokens, to which the attention appends these tokens'.
  public mutating func advance(
    to site: LinearSite, of layer: DecoderLayer, rotary: @autoclosure () -> RotaryTable, cache: inout KVCache.Layer
  ) {
    advance(to: site, of: layer) { layer.attention.mix($0, rotary: rotary(), cache: &cache) }
  }

  /// The same where the tokens are not all of one sequence.
  /// - Parameter mix: What `attentionOutput` reads, made from what `attentionInput` read.
  mutating func advance(to site: LinearSite, of layer: DecoderLayer, mix: (Tensor) -> Tensor) {
    switch site {
    case .attentionInput:
      input = layer.inputNorm(hidden)
    case .attentionOutput:
      input = mix(input)
    case .mlpInput:
      hidden += products(input, layer.attention.o)[0]
      input = layer.postAttentionNorm(hidden)
    case .mlpOutput:
      input = layer.mlp.gated(input, by: products)
    }
  }

  /// Finishes the layer from its last site: through down_proj into the residual stream.
  public mutating func leave(_ layer: DecoderLayer) { hidden += products(input, layer.mlp.down)[0] }
}

extension DecoderLayer {
  public subscript(name: DecoderLinear) -> LinearLayer {
    get {
      switch name {
      case .query: attention.q
      case .key: attention.k
      case .value: attention.v
      case .output: attention.o
      case .gate: mlp.gate
      case .up: mlp.up
      case .down: mlp.down
      }
    }
    set {
      switch name {
      case .query: attention.q = newValue
      case .key: attention.k = newValue
      case .value: attention.v = newValue
      case .output: attention.o = newValue
      case .gate: mlp.gate = newValue
      case .up: mlp.up = newValue
      case .down: mlp.down = newValue
      }
    }
  }

  public subscript(name: DecoderNorm) -> RMSNorm {
    get {
      switch name {
      case .input: inputNorm
      case .postAttention: postAttentionNorm
      }
    }
    set {
      switch name {
      case .input: inputNorm = newValue
      case .postAttention: postAttentionNorm = newValue
      }
    }
  }
}

// The four inputs that the linears of a decoder layer share: what differs between sites is data.
internal import ModelConfig
internal import ReferenceModel

/// What absorbs a site's scales, divided by them.
enum ScaleFold: Equatable {
  /// The weight of a norm.
  case inputNorm
  /// The weight of the norm before the MLP.
  case postAttentionNorm
  /// The rows (and bias) of a linear.
  case rows(DecoderLinear)
}

extension LinearSite {
  /// The linears that read this input.
  var linears: [DecoderLinear] {
    switch self {
    case .attentionInput: [.query, .key, .value]
    case .attentionOutput: [.output]
    case .mlpInput: [.gate, .up]
    case .mlpOutput: [.down]
    }
  }

  /// Whether the outputs are added to the residual stream.
  var entersResidual: Bool { self == .attentionOutput || self == .mlpOutput }

  /// The operation before the site that its scales are folded into.
  var fold: ScaleFold {
    switch self {
    case .attentionInput: .inputNorm
    case .attentionOutput: .rows(.value)
    case .mlpInput: .postAttentionNorm
    case .mlpOutput: .rows(.up)
    }
  }
}

extension DecoderLayer {
  /// The linear named `name`.
  subscript(name: DecoderLinear) -> LinearLayer {
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
}

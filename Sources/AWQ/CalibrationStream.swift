// The calibration set on its way through the decoder, one layer at a time, all samples of a layer before the next
// layer: memory holds the activations and one layer, however large the model.
internal import Kernels
internal import ReferenceModel
public import Tensors

/// One sample, ready for the first decoder layer.
public struct CalibrationSample: Sendable {
  /// `[tokens, hidden]`: embedded text with image tokens in place.
  public var embeddings: Tensor
  /// How much each token counts in the statistics.
  public var tokenWeights: [Float]
  /// Whether the sample judges instead of being fitted to.
  public var isHeldOut: Bool

  /// A sample of as many weights as tokens.
  public init(embeddings: Tensor, tokenWeights: [Float], isHeldOut: Bool) {
    precondition(embeddings.rowCount == tokenWeights.count, "one weight per token")
    self.embeddings = embeddings
    self.tokenWeights = tokenWeights
    self.isHeldOut = isHeldOut
  }
}

/// One sample's hidden states in front of one site.
struct StreamedSample: Sendable {
  /// `[tokens, hidden]`: the residual stream.
  private(set) var hidden: Tensor
  /// The input of o_proj or down_proj, waiting for it to be quantized.
  private var pending: Tensor

  /// A sample in front of a layer.
  init(hidden: Tensor) {
    self.hidden = hidden
    pending = hidden
  }

  /// Brings the sample to `site` of `layer` and returns the site's input, `[tokens, features]`.
  ///
  /// Sites must be visited in order. What lies before `site` in `layer` may be quantized already.
  mutating func input(at site: LinearSite, of layer: DecoderLayer, rotary: RotaryTable) -> Tensor {
    switch site {
    case .attentionInput:
      return layer.inputNorm(hidden)
    case .attentionOutput:
      pending = layer.attention.mix(layer.inputNorm(hidden), rotary: rotary)
      return pending
    case .mlpInput:
      hidden += layer.attention.o(pending)
      return layer.postAttentionNorm(hidden)
    case .mlpOutput:
      pending = layer.mlp.gated(layer.postAttentionNorm(hidden))
      return pending
    }
  }

  /// `weights`, each divided by the token's mean squared residual: what a site adds to the residual stream counts as
  /// much as the next norm lets it, which divides by the root of that. Without it a few tokens of huge norm (attention
  /// sinks) outweigh all others.
  func relativeWeights(_ weights: [Float]) -> [Float] {
    zip(weights, hidden.rowDots(hidden)).map { weight, energy in
      weight * Float(Double(hidden.rowWidth) / max(energy, .leastNormalMagnitude))
    }
  }

  /// Divides the waiting input by scales that have just been folded into what made it.
  mutating func divide(by scales: [Float]) { pending = pending.columnsMultiplied(by: scales.map { 1 / $0 }) }

  /// Finishes the layer: the waiting input goes through down_proj.
  mutating func leave(_ layer: DecoderLayer) { hidden += layer.mlp.down(pending) }
}

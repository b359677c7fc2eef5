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

/// The hidden states of all samples in front of one site.
struct CalibrationStream {
  /// `[tokens, hidden]` per sample: the residual stream.
  private(set) var hidden: [Tensor]
  /// The input of o_proj or down_proj, waiting for it to be quantized.
  private var pending: [Tensor]

  init(_ samples: [CalibrationSample]) {
    hidden = samples.map(\.embeddings)
    pending = hidden
  }

  /// Brings sample `index` to `site` of `layer` and returns the site's input, `[tokens, features]`.
  ///
  /// Sites must be visited in order. What lies before `site` in `layer` may be quantized already.
  mutating func input(_ index: Int, at site: LinearSite, of layer: DecoderLayer, rotary: RotaryTable) -> Tensor {
    switch site {
    case .attentionInput:
      return layer.inputNorm(hidden[index])
    case .attentionOutput:
      pending[index] = layer.attention.mix(layer.inputNorm(hidden[index]), rotary: rotary)
      return pending[index]
    case .mlpInput:
      hidden[index] += layer.attention.o(pending[index])
      return layer.postAttentionNorm(hidden[index])
    case .mlpOutput:
      pending[index] = layer.mlp.gated(layer.postAttentionNorm(hidden[index]))
      return pending[index]
    }
  }

  /// `weights`, each divided by the token's mean squared residual: what a site adds to the residual stream counts as
  /// much as the next norm lets it, which divides by the root of that. Without it a few tokens of huge norm (attention
  /// sinks) outweigh all others.
  func relativeWeights(_ index: Int, _ weights: [Float]) -> [Float] {
    let residual = hidden[index]
    return zip(weights, residual.rowDots(residual)).map { weight, energy in
      weight * Float(Double(residual.rowWidth) / max(energy, .leastNormalMagnitude))
    }
  }

  /// Divides the waiting inputs by scales that have just been folded into what made them.
  mutating func divide(by scales: [Float]) {
    let inverse = scales.map { 1 / $0 }
    for index in pending.indices { pending[index] = pending[index].columnsMultiplied(by: inverse) }
  }

  /// Finishes the layer: the waiting inputs go through down_proj.
  mutating func leave(_ layer: DecoderLayer) {
    for index in hidden.indices { hidden[index] += layer.mlp.down(pending[index]) }
  }
}

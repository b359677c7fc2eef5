// The calibration set on its way through the decoder, one layer at a time, all samples of a layer before the next
// layer: memory holds the activations and one layer, however large the model. The original model's stream, and beside
// it the quantized model's if errors are to be propagated.
internal import Kernels
package import ModelConfig
package import ReferenceModel
public import Tensors

/// Which activations a layer's statistics come from.
public enum Propagation: String, Sendable, CaseIterable {
  /// Those of the original model.
  case float
  /// Those of the model quantized so far.
  case quantized
}

/// The residual streams of all samples between two layers: with them a run can go on.
public struct StreamState: Sendable {
  /// `[tokens, hidden]` per sample, of the original model.
  public var original: [Tensor]
  /// Of the quantized one; empty unless errors are propagated.
  public var quantized: [Tensor]

  /// Streams as they were.
  public init(original: [Tensor], quantized: [Tensor]) {
    self.original = original
    self.quantized = quantized
  }
}

/// Both streams through the decoder.
package struct CalibrationStreams {
  /// One sample in both models.
  private struct Pair: Sendable {
    var original: LayerPass
    var quantized: LayerPass?
  }

  private let samples: [CalibrationSample]
  /// Of each sample's positions.
  private let rotary: [RotaryTable]
  private var pairs: [Pair]
  /// Whether, where outputs enter the residual stream, they are to make up for what it has lost and tokens count by
  /// `LayerPass.relativeWeights`.
  private let followsResidual: Bool

  /// Streams in front of the first layer of `model`, or at `state`.
  package init(
    _ samples: [CalibrationSample], model: LanguageModel, propagation: Propagation, followsResidual: Bool,
    state: StreamState? = nil
  ) {
    self.samples = samples
    rotary = samples.map { model.rotary(at: $0.positions) }
    self.followsResidual = followsResidual
    let original = state?.original ?? samples.map(\.embeddings)
    let quantized = propagation == .quantized ? state?.quantized ?? original : []
    pairs = original.indices.map { index in
      Pair(
        original: LayerPass(original[index]),
        quantized: quantized.isEmpty ? nil : LayerPass(quantized[index]))
    }
  }

  /// Where the streams are, between two layers.
  package var state: StreamState {
    StreamState(original: pairs.map(\.original.hidden), quantized: pairs.compactMap(\.quantized?.hidden))
  }

  /// Brings the streams to `site` and sums up the inputs that the site will see, block by block.
  package mutating func statistics(
    at site: LinearSite, blocks: ColumnBlocks, original: DecoderLayer, quantized: DecoderLayer
  ) -> [SiteStatistics] {
    let hasHeldOut = samples.contains(where: \.isHeldOut)
    var sums = blocks.ranges.map { SiteSums(size: $0.count, hasHeldOut: hasHeldOut) }
    let weights = site.entersResidual ? blocks.parts(of: original[site.linears[0]].weight) : nil
    // Few enough samples at a time that their inputs are small beside the streams.
    let batch = max(Parallel.threadCount, 4)
    for start in stride(from: 0, to: pairs.count, by: batch) {
      let range = start..<min(start + batch, pairs.count)
      let moved = moved(range, to: site, blocks, weights, original: original, quantized: quantized)
      for (offset, sample) in moved.enumerated() { pairs[start + offset] = sample.pair }
      for position in sums.indices { sums[position].add(moved.map { $0.parts[position] }) }
    }
    return sums.indices.map { sums[$0].takeStatistics() }
  }

  /// Samples at a site, and what they bring to each block of its input. `weights`, one for each block, are those of the
  /// linear whose outputs enter the residual stream.
  private func moved(
    _ range: Range<Int>, to site: LinearSite, _ blocks: ColumnBlocks, _ weights: [any WeightMatrix]?,
    original: DecoderLayer, quantized: DecoderLayer
  ) -> [(pair: Pair, parts: [SiteSample])] {
    Parallel.mapPieces(range.count) { offset in
      let index = range.lowerBound + offset
      var pair = pairs[index]
      let input = pair.original.input(at: site, of: original, rotary: rotary[index])
      let drifted = pair.quantized?.input(at: site, of: quantized, rotary: rotary[index])
      return (pair, parts(of: pair, samples[index], blocks, weights, input: input, drifted: drifted))
    }
  }

  /// What a sample brings to each block of a site's input.
  private func parts(
    of pair: Pair, _ sample: CalibrationSample, _ blocks: ColumnBlocks, _ weights: [any WeightMatrix]?, input: Tensor,
    drifted: Tensor?
  ) -> [SiteSample] {
    let tokenWeights =
      followsResidual && weights != nil ? pair.original.relativeWeights(sample.tokenWeights) : sample.tokenWeights
    return blocks.ranges.indices.map { block in
      let inputs = blocks.part(blocks.ranges[block], of: drifted ?? input)
      var drift: SiteSample.Drift?
      if drifted != nil {
        let difference = blocks.part(blocks.ranges[block], of: input) - inputs
        drift =
          weights.map { .outputs(lostOutputs(pair, difference, $0[block], parts: $0.count)) } ?? .inputs(difference)
      }
      return SiteSample(inputs, drift: drift, weights: tokenWeights, isHeldOut: sample.isHeldOut)
    }
  }

  /// What the outputs of a block of columns are to make up for, `[tokens, hidden]`: what they lose themselves, and their
  /// equal part of what the quantized model's residual stream has lost before they are added.
  private func lostOutputs(_ pair: Pair, _ difference: Tensor, _ weight: any WeightMatrix, parts: Int) -> Tensor {
    var lost = Matmul.linear(difference, weight)
    guard followsResidual, let quantized = pair.quantized else { return lost }
    let residual = pair.original.hidden - quantized.hidden
    lost.add(residual, scaledBy: [Float](repeating: 1 / Float(parts), count: residual.rowWidth))
    return lost
  }

  /// Makes the quantized stream's inputs of `site` anew, after what makes them in `quantized` was divided by `scales`.
  package mutating func absorb(_ scales: [Float], at site: LinearSite, of quantized: DecoderLayer) {
    advance { pair in
      guard let pass = pair.quantized else { return }
      switch site.absorber {
      case .norm(let name): pair.quantized?.input = quantized[name](pass.hidden)
      case .rows: pair.quantized?.input = pass.input.columnsMultiplied(by: scales.map { 1 / $0 })
      }
    }
  }

  /// Finishes a layer.
  package mutating func leave(original: DecoderLayer, quantized: DecoderLayer) {
    advance {
      $0.original.leave(original)
      $0.quantized?.leave(quantized)
    }
  }

  private mutating func advance(_ change: @Sendable (inout Pair) -> Void) {
    let before = pairs
    pairs = Parallel.mapPieces(pairs.count) { index in
      var pair = before[index]
      change(&pair)
      return pair
    }
  }
}

extension LayerPass {
  /// Brings a whole sequence to `site` of `layer` and returns the site's input.
  fileprivate mutating func input(at site: LinearSite, of layer: DecoderLayer, rotary: RotaryTable) -> Tensor {
    var cache = KVCache.Layer()
    advance(to: site, of: layer, rotary: rotary, cache: &cache)
    return input
  }

  /// `weights`, each divided by the token's mean squared residual: what a site adds to the residual stream counts as
  /// much as the next norm lets it, which divides by the root of that. Without it a few tokens of huge norm (attention
  /// sinks) outweigh all others.
  fileprivate func relativeWeights(_ weights: [Float]) -> [Float] {
    zip(weights, hidden.rowDots(hidden)).map { weight, energy in
      weight * Float(Double(hidden.rowWidth) / max(energy, .leastNormalMagnitude))
    }
  }
}

// The original model's stream, and beside it the quantized model's if errors are to be propagated.
internal import Kernels
internal import ReferenceModel
internal import Tensors

/// Both streams through the decoder.
struct CalibrationStreams {
  /// One sample in both models.
  private struct Pair: Sendable {
    var original: StreamedSample
    var quantized: StreamedSample?
  }

  private let samples: [CalibrationSample]
  private var pairs: [Pair]
  /// Whether, where outputs enter the residual stream, they are to make up for what it has lost and tokens count by
  /// `StreamedSample.relativeWeights`.
  private let followsResidual: Bool

  init(_ samples: [CalibrationSample], propagation: Propagation, followsResidual: Bool) {
    self.samples = samples
    self.followsResidual = followsResidual
    pairs = samples.map {
      Pair(original: StreamedSample($0), quantized: propagation == .quantized ? StreamedSample($0) : nil)
    }
  }

  /// Brings the streams to `site` and sums up the inputs that the site will see, block by block.
  mutating func statistics(
    at site: LinearSite, blocks: ColumnBlocks, original: DecoderLayer, quantized: DecoderLayer, rotary: [RotaryTable]
  ) -> [SiteStatistics] {
    let hasHeldOut = samples.contains(where: \.isHeldOut)
    var sums = blocks.ranges.map { SiteSums(size: $0.count, hasHeldOut: hasHeldOut) }
    // Few enough samples at a time that their inputs are small beside the streams.
    let batch = max(Parallel.threadCount, 4)
    for start in stride(from: 0, to: pairs.count, by: batch) {
      let range = start..<min(start + batch, pairs.count)
      let moved = moved(range, to: site, blocks, original: original, quantized: quantized, rotary: rotary)
      for (offset, sample) in moved.enumerated() { pairs[start + offset] = sample.pair }
      for position in sums.indices { sums[position].add(moved.map { $0.parts[position] }) }
    }
    return sums.map { $0.statistics() }
  }

  /// Samples at a site, and what they bring to each block of its input.
  private func moved(
    _ range: Range<Int>, to site: LinearSite, _ blocks: ColumnBlocks, original: DecoderLayer, quantized: DecoderLayer,
    rotary: [RotaryTable]
  ) -> [(pair: Pair, parts: [SiteSample])] {
    Parallel.mapPieces(range.count) { offset in
      let index = range.lowerBound + offset
      var pair = pairs[index]
      let input = pair.original.input(at: site, of: original, rotary: rotary[index])
      let drifted = pair.quantized?.input(at: site, of: quantized, rotary: rotary[index])
      return (pair, parts(of: pair, samples[index], site, blocks, input: input, drifted: drifted))
    }
  }

  /// What a sample brings to each block of a site's input.
  private func parts(
    of pair: Pair, _ sample: CalibrationSample, _ site: LinearSite, _ blocks: ColumnBlocks, input: Tensor,
    drifted: Tensor?
  ) -> [SiteSample] {
    let followsResidual = followsResidual && site.entersResidual
    let weights = followsResidual ? pair.original.relativeWeights(sample.tokenWeights) : sample.tokenWeights
    let residual = followsResidual ? residualDrift(pair, parts: blocks.ranges.count) : nil
    return blocks.ranges.map { range in
      SiteSample(
        blocks.part(range, of: drifted ?? input), original: drifted == nil ? nil : blocks.part(range, of: input),
        residual: residual, weights: weights, isHeldOut: sample.isHeldOut)
    }
  }

  /// What the quantized model's residual stream has lost before the outputs of the site are added, in equal parts for
  /// the blocks of columns that are to make up for it.
  private func residualDrift(_ pair: Pair, parts: Int) -> Tensor? {
    guard let quantized = pair.quantized else { return nil }
    let drift = pair.original.hidden - quantized.hidden
    guard parts > 1 else { return drift }
    return drift.columnsMultiplied(by: [Float](repeating: 1 / Float(parts), count: drift.rowWidth))
  }

  /// Scales were folded into what made the quantized stream's waiting inputs.
  mutating func divideQuantized(by scales: [Float]) {
    advance { $0.quantized?.divide(by: scales) }
  }

  /// Finishes a layer.
  mutating func leave(original: DecoderLayer, quantized: DecoderLayer) {
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

// The original model's stream, and beside it the quantized model's if errors are to be propagated.
internal import Kernels
internal import ReferenceModel
internal import Tensors

/// Both streams through the decoder.
struct CalibrationStreams {
  private var original: CalibrationStream
  private var quantized: CalibrationStream?
  /// Whether, where outputs enter the residual stream, they are to make up for what it has lost and tokens count by
  /// `CalibrationStream.relativeWeights`.
  private let followsResidual: Bool

  init(_ samples: [CalibrationSample], propagation: Propagation, followsResidual: Bool) {
    self.followsResidual = followsResidual
    original = CalibrationStream(samples)
    quantized = propagation == .quantized ? original : nil
  }

  /// Brings the streams to `site` and sums up the inputs that the site will see, block by block.
  mutating func statistics(
    at site: LinearSite, blocks: ColumnBlocks, original originalLayer: DecoderLayer,
    quantized quantizedLayer: DecoderLayer,
    samples: [CalibrationSample], rotary: [RotaryTable]
  ) -> [SiteStatistics] {
    let hasHeldOut = samples.contains(where: \.isHeldOut)
    var sums = blocks.ranges.map { SiteSums(size: $0.count, hasHeldOut: hasHeldOut) }
    for (index, sample) in samples.enumerated() {
      let input = original.input(index, at: site, of: originalLayer, rotary: rotary[index])
      let drifted = quantized?.input(index, at: site, of: quantizedLayer, rotary: rotary[index])
      let residual = site.entersResidual && followsResidual ? residualDrift(index, parts: blocks.ranges.count) : nil
      let weights =
        site.entersResidual && followsResidual
        ? original.relativeWeights(index, sample.tokenWeights) : sample.tokenWeights
      for (position, range) in blocks.ranges.enumerated() {
        sums[position].add(
          blocks.part(range, of: drifted ?? input), original: drifted == nil ? nil : blocks.part(range, of: input),
          residual: residual, weights: weights, heldOut: sample.isHeldOut)
      }
    }
    return sums.map(\.statistics)
  }

  /// What the quantized model's residual stream has lost before the outputs of the site are added, in equal parts for
  /// the blocks of columns that are to make up for it.
  private func residualDrift(_ index: Int, parts: Int) -> Tensor? {
    guard let quantized else { return nil }
    var drift = original.hidden[index]
    drift -= quantized.hidden[index]
    guard parts > 1 else { return drift }
    return drift.columnsMultiplied(by: [Float](repeating: 1 / Float(parts), count: drift.rowWidth))
  }

  /// Scales were folded into what made the quantized stream's waiting inputs.
  mutating func divideQuantized(by scales: [Float]) { quantized?.divide(by: scales) }

  /// Finishes a layer.
  mutating func leave(original originalLayer: DecoderLayer, quantized quantizedLayer: DecoderLayer) {
    original.leave(originalLayer)
    quantized?.leave(quantizedLayer)
  }
}

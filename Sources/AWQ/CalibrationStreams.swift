// The original model's stream, and beside it the quantized model's if errors are to be propagated.
internal import Kernels
internal import ReferenceModel
internal import Tensors

/// Both streams through the decoder.
struct CalibrationStreams {
  private var original: CalibrationStream
  private var quantized: CalibrationStream?

  init(_ samples: [CalibrationSample], propagation: Propagation) {
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
      for (position, range) in blocks.ranges.enumerated() {
        sums[position].add(
          blocks.part(range, of: drifted ?? input), original: drifted == nil ? nil : blocks.part(range, of: input),
          weights: sample.tokenWeights, heldOut: sample.isHeldOut)
      }
    }
    return sums.map(\.statistics)
  }

  /// Scales were folded into what made the quantized stream's waiting inputs.
  mutating func divideQuantized(by scales: [Float]) { quantized?.divide(by: scales) }

  /// Finishes a layer.
  mutating func leave(original originalLayer: DecoderLayer, quantized quantizedLayer: DecoderLayer) {
    original.leave(originalLayer)
    quantized?.leave(quantizedLayer)
  }
}

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

  /// Brings the streams to `site` and sums up the inputs that the site will see.
  mutating func statistics(
    at site: LinearSite, size: Int, original originalLayer: DecoderLayer, quantized quantizedLayer: DecoderLayer,
    samples: [CalibrationSample], rotary: [RotaryTable]
  ) -> SiteStatistics {
    var sums = SiteSums(size: size, hasHeldOut: samples.contains(where: \.isHeldOut))
    for (index, sample) in samples.enumerated() {
      let input = original.input(index, at: site, of: originalLayer, rotary: rotary[index])
      let drifted = quantized?.input(index, at: site, of: quantizedLayer, rotary: rotary[index])
      sums.add(
        drifted ?? input, original: drifted == nil ? nil : input, weights: sample.tokenWeights,
        heldOut: sample.isHeldOut)
    }
    return sums.statistics
  }

  /// Scales were folded into what made the quantized stream's waiting inputs.
  mutating func divideQuantized(by scales: [Float]) { quantized?.divide(by: scales) }

  /// Finishes a layer.
  mutating func leave(original originalLayer: DecoderLayer, quantized quantizedLayer: DecoderLayer) {
    original.leave(originalLayer)
    quantized?.leave(quantizedLayer)
  }
}

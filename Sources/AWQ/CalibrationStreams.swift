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
    var sums = SiteSums(size: size)
    func add(_ index: Int, _ input: Tensor) {
      sums.add(input, weights: samples[index].tokenWeights, heldOut: samples[index].isHeldOut)
    }
    if quantized == nil {
      original.visit(site, of: originalLayer, rotary: rotary, body: add)
    } else {
      original.visit(site, of: originalLayer, rotary: rotary) { _, _ in }
      quantized?.visit(site, of: quantizedLayer, rotary: rotary, body: add)
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

// The output head, fitted to what its inputs are behind the quantized layers.
public import Calibration
internal import ModelConfig
public import ReferenceModel
internal import Tensors

/// Quantizes the output head to eight bits, when all layers are done: it makes up for what they have lost as a decoder's
/// linears do, by the tokens' weights.
public struct HeadCalibration {
  private let model: LanguageModel
  private let linear: OutsideLinear
  private let options: QuantizationOptions

  /// A calibration of the head of `model`.
  public init(_ model: LanguageModel, _ linear: OutsideLinear, _ options: QuantizationOptions) {
    self.model = model
    self.linear = linear
    self.options = options
  }

  /// The head, quantized.
  /// - Parameter activations: Of the samples, behind the last layer.
  /// - Throws: `QuantizationError`, `StorageError` of a scratch file.
  public func outcome(_ samples: [CalibrationSample], _ activations: ActivationStore) throws -> OutsideOutcome {
    var sums = OutsideSums(of: [linear], options, hasHeldOut: samples.contains(where: \.isHeldOut))
    let propagates = activations.shape.streams.contains(.quantized)
    for (index, sample) in samples.enumerated() {
      let original = try model.finalNorm(activations.residual(.original, of: index))
      let quantized = try propagates ? model.finalNorm(activations.residual(.quantized, of: index)) : nil
      sums.add(
        quantized ?? original, at: .head, original: quantized == nil ? nil : original, weights: sample.tokenWeights,
        isHeldOut: sample.isHeldOut)
    }
    return try OutsideSearch(options).outcome(of: [linear], in: .head, consume sums)
  }

  /// Bytes that it takes at most beside the activations, with samples of at most so many tokens.
  public func workingByteCount(longestSample: Int) -> Int {
    OutsideDemand([linear], options, drifts: true).byteCount
      + 6 * longestSample * linear.weight.columns * MemoryLayout<Float>.size
  }
}

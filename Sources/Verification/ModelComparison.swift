// Streams two models through the same tokens, layer by layer: each layer of each model is read once, and no logits
// are stored.
public import Kernels
public import ReferenceModel
public import Tensors

/// One prompt with its answer, embedded by both models.
public struct VerificationSample: Sendable {
  /// `[tokens, hidden]` as the reference embeds it.
  public var reference: Tensor
  /// `[tokens, hidden]` as the quantized model embeds it.
  public var quantized: Tensor
  /// Where the tokens stand, in both models.
  public var positions: Positions
  /// The token ids.
  public var ids: [Int]
  /// One class per token.
  public var classes: [TokenClass]

  /// A sample of equally many embeddings, ids and classes, at `positions`; nil for text from the first position on.
  public init(
    reference: Tensor, quantized: Tensor, positions: Positions? = nil, ids: [Int], classes: [TokenClass]
  ) {
    precondition(reference.shape == quantized.shape && reference.rowCount == ids.count && ids.count == classes.count)
    self.reference = reference
    self.quantized = quantized
    self.positions = positions ?? Positions(text: ids.indices)
    self.ids = ids
    self.classes = classes
  }
}

/// The relative error of the residual stream after a layer: ‖quantized − reference‖ / ‖reference‖ over all tokens.
public struct LayerError: Sendable, Equatable {
  /// The layer's number.
  public var layer: Int
  /// Lower is better.
  public var relativeError: Double
}

/// What the comparison found.
public struct ComparisonResult: Sendable {
  /// In order of samples and positions.
  public var tokens: [TokenStatistics]
  /// In order of layers.
  public var layers: [LayerError]
}

/// Compares a quantized language model with its reference.
public struct ModelComparison {
  /// Positions whose logits are held at a time: bounds memory at two times this many vocabulary rows.
  private static let chunk = 128
  private let reference: LanguageModel
  private let quantized: LanguageModel

  /// A comparison of two models with equal layer counts and vocabularies.
  public init(reference: LanguageModel, quantized: LanguageModel) {
    self.reference = reference
    self.quantized = quantized
  }

  /// Runs both models over `samples`.
  /// - Parameter onLayer: Called after each layer with the number of layers done; what it throws ends the run.
  /// - Throws: what reading the weights throws.
  public func run(_ samples: [VerificationSample], onLayer: (Int) throws -> Void = { _ in }) throws -> ComparisonResult
  {
    var samples = samples
    var errors: [LayerError] = []
    for index in 0..<reference.layerCount {
      let layers = (try reference.layer(index), try quantized.layer(index))
      var difference = SquaredSums()
      for sample in samples.indices {
        let positions = samples[sample].positions
        samples[sample].reference = layers.0(samples[sample].reference, rotary: reference.rotary(at: positions))
        samples[sample].quantized = layers.1(samples[sample].quantized, rotary: quantized.rotary(at: positions))
        difference.add(samples[sample].reference, samples[sample].quantized)
      }
      errors.append(LayerError(layer: index, relativeError: difference.relativeError))
      try onLayer(index + 1)
    }
    let tokens = samples.enumerated().flatMap { index, sample in compareLogits(sample, number: index) }
    return ComparisonResult(tokens: tokens, layers: errors)
  }

  private func compareLogits(_ sample: VerificationSample, number: Int) -> [TokenStatistics] {
    let count = sample.ids.count
    return stride(from: 0, to: count, by: Self.chunk).flatMap { start in
      let range = start..<min(start + Self.chunk, count)
      let p = reference.logits(reference.finalNorm(sample.reference.rows(range)))
      let q = quantized.logits(quantized.finalNorm(sample.quantized.rows(range)))
      let width = p.rowWidth
      return Parallel.map(range.count) { offset in
        let position = start + offset
        return TokenStatistics(
          reference: p.values[offset * width..<(offset + 1) * width],
          quantized: q.values[offset * width..<(offset + 1) * width],
          next: position + 1 < count ? sample.ids[position + 1] : nil, tokenClass: sample.classes[position],
          sample: number, position: position)
      }
    }
  }
}

/// Sums for a relative error, in double precision.
private struct SquaredSums {
  private var difference = 0.0
  private var norm = 0.0

  mutating func add(_ reference: Tensor, _ quantized: Tensor) {
    for (a, b) in zip(reference.values, quantized.values) {
      difference += Double(b - a) * Double(b - a)
      norm += Double(a) * Double(a)
    }
  }

  var relativeError: Double { norm > 0 ? (difference / norm).squareRoot() : 0 }
}

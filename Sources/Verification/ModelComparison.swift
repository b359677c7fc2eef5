// Streams models through the same tokens, layer by layer: each layer of each model is read once, and no logits are
// stored. The reference's states and logits are made once, however many candidates are compared with it.
public import Kernels
public import ReferenceModel
public import Tensors

/// One prompt with its answer, embedded by all models.
public struct VerificationSample: Sendable {
  /// `[tokens, hidden]` as the reference embeds it.
  public var reference: Tensor
  /// `[tokens, hidden]` as each candidate embeds it.
  public var candidates: [Tensor]
  /// Where the tokens stand, in all models.
  public var positions: Positions
  /// The token ids.
  public var ids: [Int]
  /// One class per token.
  public var classes: [TokenClass]

  /// A sample of equally many embeddings, ids and classes, at `positions`; nil for text from the first position on.
  public init(
    reference: Tensor, candidates: [Tensor], positions: Positions? = nil, ids: [Int], classes: [TokenClass]
  ) {
    precondition(candidates.allSatisfy { $0.shape == reference.shape }, "all models embed the same tokens")
    precondition(reference.rowCount == ids.count && ids.count == classes.count)
    self.reference = reference
    self.candidates = candidates
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

/// What the comparison found of one candidate.
public struct ComparisonResult: Sendable {
  /// In order of samples and positions.
  public var tokens: [TokenStatistics] = []
  /// In order of layers.
  public var layers: [LayerError] = []

  /// Nothing yet.
  public init() {}
}

/// Compares language models with their reference, on samples that come all at once or some at a time.
public struct ModelComparison {
  /// Positions whose logits are held at a time: bounds memory at two times this many vocabulary rows.
  private static let chunk = 128
  private let reference: LanguageModel
  private let candidates: [LanguageModel]
  private var tokens: [[TokenStatistics]]
  /// By candidate and layer.
  private var differences: [[SquaredSums]]
  private var sampleCount = 0

  /// A comparison of models with equal layer counts and vocabularies.
  public init(reference: LanguageModel, candidates: [LanguageModel]) {
    self.reference = reference
    self.candidates = candidates
    tokens = candidates.map { _ in [] }
    differences = candidates.map { _ in [SquaredSums](repeating: SquaredSums(), count: reference.layerCount) }
  }

  /// What was found of each candidate, in their order.
  public var results: [ComparisonResult] {
    zip(tokens, differences).map { tokens, differences in
      var result = ComparisonResult()
      result.tokens = tokens
      result.layers = differences.enumerated().map { LayerError(layer: $0, relativeError: $1.relativeError) }
      return result
    }
  }

  /// Runs all models over `samples` alone. What is found of a candidate does not depend on the others.
  /// - Parameter onLayer: Called after each layer with the number of layers done; what it throws ends the run.
  /// - Returns: One result for each candidate, in their order.
  /// - Throws: what reading the weights throws.
  public func run(_ samples: [VerificationSample], onLayer: (Int) throws -> Void = { _ in }) throws
    -> [ComparisonResult]
  {
    var comparison = ModelComparison(reference: reference, candidates: candidates)
    try comparison.add(samples, onLayer: onLayer)
    return comparison.results
  }

  /// Runs all models over the next samples, and adds what is found. In whichever groups samples come, and so however
  /// many of them are in memory together, the results are the same bits: every sum is taken in the order of samples.
  /// - Parameters:
  ///   - samples: Numbered on from those before.
  ///   - onLayer: Called after each layer with the number of layers done; what it throws ends the run.
  /// - Throws: what reading the weights throws.
  public mutating func add(
    _ samples: consuming [VerificationSample], onLayer: (Int) throws -> Void = { _ in }
  ) throws {
    for index in 0..<reference.layerCount {
      let layer = try reference.layer(index)
      for sample in samples.indices {
        let rotary = reference.rotary(at: samples[sample].positions)
        samples[sample].reference = layer(samples[sample].reference, rotary: rotary)
      }
      for (number, candidate) in candidates.enumerated() {
        let layer = try candidate.layer(index)
        for sample in samples.indices {
          let rotary = candidate.rotary(at: samples[sample].positions)
          samples[sample].candidates[number] = layer(samples[sample].candidates[number], rotary: rotary)
          differences[number][index].add(samples[sample].reference, samples[sample].candidates[number])
        }
      }
      try onLayer(index + 1)
    }
    for sample in samples {
      for (number, found) in compareLogits(sample, number: sampleCount).enumerated() { tokens[number] += found }
      sampleCount += 1
    }
  }

  /// The statistics of each candidate's positions in one sample.
  private func compareLogits(_ sample: VerificationSample, number: Int) -> [[TokenStatistics]] {
    let count = sample.ids.count
    var found = candidates.map { _ in [TokenStatistics]() }
    for start in stride(from: 0, to: count, by: Self.chunk) {
      let range = start..<min(start + Self.chunk, count)
      let p = reference.logits(reference.finalNorm(sample.reference.rows(range)))
      let width = p.rowWidth
      let known = Parallel.map(range.count) { LogSoftmax(p.values[$0 * width..<($0 + 1) * width]) }
      for (index, candidate) in candidates.enumerated() {
        let q = candidate.logits(candidate.finalNorm(sample.candidates[index].rows(range)))
        found[index] += Parallel.map(range.count) { offset in
          let position = start + offset
          return TokenStatistics(
            reference: known[offset], quantized: LogSoftmax(q.values[offset * width..<(offset + 1) * width]),
            next: position + 1 < count ? sample.ids[position + 1] : nil, tokenClass: sample.classes[position],
            sample: number, position: position)
        }
      }
    }
    return found
  }
}

extension ModelComparison {
  /// Compares the logits of empty tokens, as many as are held at a time, for whoever wants to know how long that takes.
  /// - Returns: How many they are.
  public func tryOutLogits() -> Int {
    let empty = Tensor(zeros: [Self.chunk, reference.embeddings.columns])
    let sample = VerificationSample(
      reference: empty, candidates: candidates.map { _ in empty }, ids: [Int](repeating: 0, count: Self.chunk),
      classes: [TokenClass](repeating: .prompt, count: Self.chunk))
    _ = compareLogits(sample, number: 0)
    return Self.chunk
  }

  /// Bytes of the logits that are held at a time, for a vocabulary of so many tokens.
  public static func logitsByteCount(vocabularySize: Int) -> Int {
    2 * chunk * vocabularySize * MemoryLayout<Float>.size
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

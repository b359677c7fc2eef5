// How far two models' predictions for one token lie apart.
internal import Glibc

/// Which part of a prompt a token belongs to.
public enum TokenClass: String, Sendable, CaseIterable {
  /// A token that stands for a piece of a picture.
  case image
  /// Text the model is given.
  case prompt
  /// Text the model has to produce: the positions whose next token belongs to the answer.
  case answer
}

/// The comparison of two next-token distributions at one position. Formulas: Formats/report.md.
public struct TokenStatistics: Sendable, Equatable {
  /// Part of the prompt the position belongs to.
  public var tokenClass: TokenClass
  /// Sample the position belongs to; positions of one sample are not independent.
  public var sample: Int
  /// Its number in the sample.
  public var position: Int
  /// KL(reference ‖ quantized) in nats; never negative beyond rounding.
  public var divergence: Double
  /// The id that the reference ranks first; of equals the lowest.
  public var referenceTop: Int
  /// The id that the quantized model ranks first.
  public var quantizedTop: Int
  /// ln p of the token that follows, in the reference; nil at the last position.
  public var referenceLogProbability: Double?
  /// ln p of the token that follows, in the quantized model.
  public var quantizedLogProbability: Double?

  /// Whether both rank the same token first.
  public var hasSameTop: Bool { referenceTop == quantizedTop }

  /// Compares two rows of logits of equal length, in double precision.
  /// - Parameter next: The id that follows, if there is one.
  package init(
    reference: ArraySlice<Float>, quantized: ArraySlice<Float>, next: Int?, tokenClass: TokenClass, sample: Int,
    position: Int = 0
  ) {
    self.init(
      reference: LogSoftmax(reference), quantized: LogSoftmax(quantized), next: next, tokenClass: tokenClass,
      sample: sample, position: position)
  }

  init(
    reference p: LogSoftmax, quantized q: LogSoftmax, next: Int?, tokenClass: TokenClass, sample: Int, position: Int
  ) {
    var divergence = 0.0
    for (a, b) in zip(p.logits, q.logits) {
      let logP = Double(a) - p.logNormalizer
      divergence += exp(logP) * (logP - (Double(b) - q.logNormalizer))
    }
    self.tokenClass = tokenClass
    self.sample = sample
    self.position = position
    self.divergence = divergence
    (referenceTop, quantizedTop) = (p.top, q.top)
    referenceLogProbability = next.map(p.logProbability)
    quantizedLogProbability = next.map(q.logProbability)
  }
}

/// A row of logits with ln Σ exp(x) and the position of the largest x, the first of equals.
struct LogSoftmax {
  let logits: ArraySlice<Float>
  let logNormalizer: Double
  let top: Int

  init(_ logits: ArraySlice<Float>) {
    var top = 0
    var largest = -Float.infinity
    for (index, value) in logits.enumerated() where value > largest { (top, largest) = (index, value) }
    let sum = logits.reduce(0.0) { $0 + exp(Double($1) - Double(largest)) }
    self.logits = logits
    self.top = top
    logNormalizer = Double(largest) + log(sum)
  }

  /// ln p of the token `id`.
  func logProbability(_ id: Int) -> Double { Double(logits[logits.startIndex + id]) - logNormalizer }
}

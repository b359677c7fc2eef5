// How far two models are apart in the letters that they would answer with, also where both prefer the same one.
internal import Glibc

/// Kullback-Leibler divergence of a candidate's letters from the original's, in nats, over rows.
public struct LetterDivergence: Sendable, Equatable {
  /// Rows of which both models' letters are known.
  public let count: Int
  /// Mean over them.
  public let mean: Double
  /// Its standard error, rows taken as independent; 0 for one row.
  public let standardError: Double

  /// Compares answers row by row; nil if no row has letters of both.
  init?(_ original: [GivenAnswer], _ candidate: [GivenAnswer]) {
    let divergences = zip(original, candidate).compactMap { before, after in
      before.letters.flatMap { before in after.letters.flatMap { Self.divergence(before, from: $0) } }
    }
    guard !divergences.isEmpty else { return nil }
    count = divergences.count
    let mean = divergences.reduce(0, +) / Double(count)
    let squares = divergences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    self.mean = mean
    standardError = count > 1 ? (squares / Double(count - 1) / Double(count)).squareRoot() : 0
  }

  /// Σ p (ln p − ln q) over the letters, each model's probabilities of them made to sum to 1; nil for other letters.
  private static func divergence(_ original: [String: Double], from candidate: [String: Double]) -> Double? {
    guard original.keys == candidate.keys else { return nil }
    let letters = original.keys.sorted()
    let (before, after) = (
      normalized(letters.compactMap { original[$0] }), normalized(letters.compactMap { candidate[$0] })
    )
    return zip(before, after).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
  }

  private static func normalized(_ logarithms: [Double]) -> [Double] {
    let largest = logarithms.max() ?? 0
    let sum = log(logarithms.reduce(0) { $0 + exp($1 - largest) }) + largest
    return logarithms.map { $0 - sum }
  }
}

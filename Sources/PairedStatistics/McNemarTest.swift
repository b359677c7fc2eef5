// The exact test of McNemar: whether right→wrong and wrong→right are as frequent as a fair coin would make
// them.
internal import Glibc

/// What McNemar's exact test says about `rightToWrong` and `wrongToRight` rows.
///
/// Rows must be independent: where several share a picture or a problem, test one decision for each of those
/// instead.
public struct McNemarTest: Sendable, Equatable {
  /// Two-sided p: min(1, 2·P[X ≤ min(b, c)]), X binomial with b + c fair trials. 1 if there is no such row.
  public let twoSided: Double
  /// Two-sided mid-p: 2·(P[X ≤ min(b, c)] − P[X = min(b, c)]/2). Less conservative; 1 if b = c.
  public let midP: Double
  /// One-sided p for a loss: P[X ≤ c]. Small if more rows were lost than a coin would take.
  public let loss: Double

  /// Tests `rightToWrong` (b) against `wrongToRight` (c); neither is negative.
  public init(rightToWrong: Int, wrongToRight: Int) {
    precondition(rightToWrong >= 0 && wrongToRight >= 0, "counts")
    let trials = rightToWrong + wrongToRight, fewer = min(rightToWrong, wrongToRight)
    let tail = FairCoin.cumulative(fewer, trials: trials)
    twoSided = min(1, 2 * tail)
    midP = min(1, 2 * (tail - FairCoin.probability(fewer, trials: trials) / 2))
    loss = FairCoin.cumulative(wrongToRight, trials: trials)
  }

  /// Holm's adjustment (Holm 1979) of several tests' p: multiplied so that all together err with the stated
  /// probability. In the order given; each at most 1.
  public static func holm(_ pValues: [Double]) -> [Double] {
    var adjusted = pValues
    var largest = 0.0
    for (rank, index) in pValues.indices.sorted(by: { (pValues[$0], $0) < (pValues[$1], $1) }).enumerated() {
      largest = max(largest, min(1, pValues[index] * Double(pValues.count - rank)))
      adjusted[index] = largest
    }
    return adjusted
  }
}

/// The binomial distribution with probability one half.
private enum FairCoin {
  /// P[X = `successes`]; through logarithms, since 2^−trials underflows beyond 1074.
  static func probability(_ successes: Int, trials: Int) -> Double {
    let k = Double(successes), n = Double(trials)
    return exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) - n * log(2))
  }

  /// P[X ≤ `successes`], from the largest term down, each from the one before.
  static func cumulative(_ successes: Int, trials: Int) -> Double {
    guard successes < trials else { return 1 }
    // Summing the shorter tail keeps the terms falling.
    guard 2 * successes <= trials else { return 1 - cumulative(trials - successes - 1, trials: trials) }
    var term = probability(successes, trials: trials), sum = 0.0
    var count = successes
    while count >= 0, term > sum * 1e-18 {
      sum += term
      term *= Double(count) / Double(trials - count + 1)
      count -= 1
    }
    return sum
  }
}

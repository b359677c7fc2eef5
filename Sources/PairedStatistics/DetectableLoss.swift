// What a comparison could have seen: without this number "no difference was found" says nothing.

/// The power of a paired comparison, by the normal approximation for McNemar's test (Connett, Smith and
/// McHugh 1987).
public enum DetectableLoss {
  /// Decisions needed to see the loss `loss` if the share `flips` of the decisions differs between the
  /// models: (z₁₋α/₂ √ψ + z_power √(ψ − d²))² / d².
  ///
  /// Edge case: nil if `loss` is not inside 0…`flips`, since a loss cannot exceed the flips it is made of.
  /// - Parameters:
  ///   - level: Of the test, two-sided.
  ///   - power: Probability of finding the loss.
  public static func decisionsNeeded(
    loss: Double, flips: Double, level: Double = 0.05, power: Double = 0.8
  ) -> Double? {
    guard loss > 0, loss <= flips, flips <= 1 else { return nil }
    let alpha = NormalDistribution.quantile(1 - level / 2), beta = NormalDistribution.quantile(power)
    let root = alpha * flips.squareRoot() + beta * max(0, flips - loss * loss).squareRoot()
    return root * root / (loss * loss)
  }

  /// The smallest loss that `count` decisions show with 80 % probability at a two-sided level of 5 %; nil if
  /// even a loss by every flip would not show.
  public static func smallest(count: Int, flips: Double) -> Double? {
    guard let atMost = decisionsNeeded(loss: flips, flips: flips), atMost <= Double(count) else { return nil }
    // The number needed falls as the loss grows, so halving finds the one that needs `count`.
    var low = 0.0, high = flips
    while high - low > 1e-12 {
      let middle = (low + high) / 2
      if let needed = decisionsNeeded(loss: middle, flips: flips), needed <= Double(count) {
        high = middle
      } else {
        low = middle
      }
    }
    return high
  }

  /// The smallest loss that a comparison with this table could show. One imagined flip each way is added, as
  /// in the interval, so that a comparison without flips does not claim to see everything.
  public static func smallest(_ counts: PairedCounts) -> Double? {
    let flips = Double(counts.rightToWrong + counts.wrongToRight + 2) / Double(counts.count + 2)
    return smallest(count: counts.count, flips: flips)
  }

  /// The smallest loss that an estimate with this standard error could show: (z₀.₉₇₅ + z₀.₈) · se. For
  /// clustered decisions and for scores that are not only right or wrong. Nil if the error is not known or
  /// the loss would exceed 1.
  public static func smallest(standardError: Double) -> Double? {
    let loss = (NormalDistribution.quantile(0.975) + NormalDistribution.quantile(0.8)) * standardError
    return loss <= 1 ? loss : nil
  }
}

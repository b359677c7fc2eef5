// Confidence intervals of a single share, and the normal distribution that they are built from.
internal import Glibc

/// A closed range that a true value lies in with a stated confidence, 95 % unless said otherwise.
public struct Interval: Sendable, Equatable {
  public var lower: Double
  /// The upper end; never below `lower`.
  public var upper: Double

  /// An interval; the ends are put in order.
  public init(_ lower: Double, _ upper: Double) {
    self.lower = min(lower, upper)
    self.upper = max(lower, upper)
  }

  /// Whether `value` lies inside or on an end.
  public func contains(_ value: Double) -> Bool { lower <= value && value <= upper }

  /// The interval with both ends moved into `range`.
  func clamped(to range: ClosedRange<Double>) -> Interval {
    Interval(min(max(lower, range.lowerBound), range.upperBound), min(max(upper, range.lowerBound), range.upperBound))
  }

  /// Wilson's score interval (Wilson 1927) of a share.
  ///
  /// Edge cases: with no rows nothing is known and the interval is 0…1; with no success its lower end is
  /// exactly 0, with nothing but successes its upper end exactly 1.
  /// - Parameters:
  ///   - successes: 0…`count`. Half points are allowed: the formula only uses the share.
  ///   - count: Rows, or the number of independent rows that they are worth; see `ScoreEstimate`.
  ///   - confidence: Inside 0…1.
  public static func wilson(successes: Double, count: Double, confidence: Double = 0.95) -> Interval {
    precondition(successes >= 0 && successes <= count, "successes lie in 0…count")
    guard count > 0 else { return Interval(0, 1) }
    let z = NormalDistribution.quantile(0.5 + confidence / 2)
    let share = successes / count
    let denominator = 1 + z * z / count
    let center = (share + z * z / (2 * count)) / denominator
    let half = z / denominator * (share * (1 - share) / count + z * z / (4 * count * count)).squareRoot()
    return Interval(successes == 0 ? 0 : max(0, center - half), successes == count ? 1 : min(1, center + half))
  }
}

/// The standard normal distribution.
enum NormalDistribution {
  /// The share below `z`.
  static func cumulative(_ z: Double) -> Double { 0.5 * erfc(-z / 2.0.squareRoot()) }

  /// The value with the share `probability`, inside 0…1, below it. Newton's method from 0 on the concave
  /// side: it converges from the median outward without overshooting, since the distribution is concave above
  /// the median.
  static func quantile(_ probability: Double) -> Double {
    precondition(probability > 0 && probability < 1, "a probability inside 0…1")
    guard probability >= 0.5 else { return -quantile(1 - probability) }
    var z = 0.0
    for _ in 0..<100 {
      let density = exp(-z * z / 2) / (2 * Double.pi).squareRoot()
      let step = (probability - cumulative(z)) / density
      z += step
      if abs(step) < 1e-15 * max(1, z) { break }
    }
    return z
  }
}

// The bootstrap over clusters: how much a loss would vary if other pictures or problems had been asked about.

/// Percentiles of a loss over resampled clusters. The same sample, seed and number of replicates give the
/// same bits on every machine.
///
/// A replicate draws as many clusters as there are, with replacement, and is the sum of their losses over the
/// number of their decisions. Draw i is ⌊xᵢ · clusters / 2⁶⁴⌋ with xᵢ the numbers of SplitMix64 from the
/// seed, through all replicates.
public struct ClusterBootstrap: Sendable {
  /// Replicates that reports use.
  public static let defaultReplicates = 10_000
  /// The seed that reports use.
  public static let defaultSeed: UInt64 = 16

  /// Losses of the replicates, ascending.
  let replicates: [Double]

  /// Resamples `sample`, which must not be empty.
  public init(_ sample: PairedSample, replicates count: Int = defaultReplicates, seed: UInt64 = defaultSeed) {
    precondition(sample.count > 0 && count > 0, "something to resample")
    let clusters = sample.clusterSums
    var generator = SplitMix64(seed: seed)
    let values = (0..<count).map { _ in
      var decisions = 0, loss = 0.0
      for _ in clusters.indices {
        let drawn = clusters[generator.next(below: clusters.count)]
        decisions += drawn.count
        loss += drawn.loss
      }
      return loss / Double(decisions)
    }
    replicates = values.sorted()
  }

  /// The smallest replicate with at least the share `share` of them at or below it.
  public func percentile(_ share: Double) -> Double {
    let rank = Int((share * Double(replicates.count)).rounded(.up))
    return replicates[min(replicates.count, max(1, rank)) - 1]
  }

  /// The 95 % percentile interval.
  public var interval: Interval { Interval(percentile(0.025), percentile(0.975)) }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// The next number scaled to 0…`bound` − 1. The bias, below bound / 2⁶⁴, is of no account.
  public mutating func next(below bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }
}

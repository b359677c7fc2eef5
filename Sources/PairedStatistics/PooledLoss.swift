// One answer over several benchmarks: a single one of a thousand rows cannot show a loss of one point.

/// A loss over several benchmarks, each of which is a stratum of its own.
public struct PooledLoss: Sendable, Equatable {
  /// Every benchmark counts the same: the mean of the losses, its variance the sum of theirs over the number
  /// squared.
  public let meanOfBenchmarks: LossEstimate
  /// Every decision counts the same: losses weighted by their numbers of decisions.
  public let meanOfDecisions: LossEstimate
  /// Flips added up over benchmarks, if all of them consist of independent decisions that are right or wrong.
  public let counts: PairedCounts?

  /// Pools `samples`; nil if there is none, one is empty, or one is a single cluster, which has no standard
  /// error.
  ///
  /// Benchmarks are taken as independent of each other. Intervals are normal, with the standard errors of the
  /// estimates.
  public init?(_ samples: [PairedSample], seed: UInt64 = ClusterBootstrap.defaultSeed) {
    let estimates = samples.compactMap { LossEstimate($0, seed: seed) }
    guard !estimates.isEmpty, estimates.count == samples.count,
      estimates.allSatisfy({ $0.standardError.isFinite })
    else { return nil }
    let decisions = samples.reduce(0) { $0 + $1.count }
    meanOfBenchmarks = LossEstimate(weighted: estimates.map { ($0, 1 / Double(estimates.count)) }, count: decisions)
    meanOfDecisions = LossEstimate(
      weighted: estimates.map { ($0, Double($0.count) / Double(decisions)) }, count: decisions)
    counts =
      samples.allSatisfy(\.isIndependentAndBinary) ? samples.reduce(PairedCounts()) { $0 + $1.counts } : nil
  }
}

extension LossEstimate {
  fileprivate init(weighted parts: [(estimate: LossEstimate, weight: Double)], count: Int) {
    let loss = parts.reduce(0) { $0 + $1.weight * $1.estimate.loss }
    let variance = parts.reduce(0) { sum, part in
      let error = part.weight * part.estimate.standardError
      return sum + error * error
    }
    let error = variance.squareRoot()
    let half = NormalDistribution.quantile(0.975) * error
    self.init(
      loss: loss, standardError: error, interval: Interval(loss - half, loss + half),
      upperLimit: loss + NormalDistribution.quantile(0.95) * error, method: .pooled, count: count)
  }
}

// How many points a candidate loses, with an interval: the number that everything else is for.

/// An estimated loss in points of score, 0…1 a decision; negative if the candidate scores more.
public struct LossEstimate: Sendable, Equatable {
  /// Where the interval comes from.
  public enum Method: String, Sendable {
    /// Wald's interval after one imagined flip in each direction (Bonett and Price 2012): independent
    /// decisions that are right or wrong.
    case adjustedWald = "adjusted-wald"
    /// Percentiles of the bootstrap over clusters.
    case clusterBootstrap = "cluster-bootstrap"
    /// No two clusters differ in their loss, which a bootstrap would take for certainty: adjusted Wald over
    /// clusters instead.
    case adjustedWaldOverClusters = "adjusted-wald-over-clusters"
    /// The normal distribution with standard errors of several benchmarks.
    case pooled
    /// One cluster says nothing about others.
    case unknown
  }

  /// Mean of original − candidate over decisions.
  public let loss: Double
  /// Standard error of `loss`: with `adjustedWald` that of the interval, else robust to clusters.
  public let standardError: Double
  /// 95 % interval of the loss.
  public let interval: Interval
  /// The loss is below this with 95 % confidence, one-sided: "not worse by more than m" holds if it is below
  /// m.
  public let upperLimit: Double
  public let method: Method
  /// Decisions behind it.
  public let count: Int

  init(loss: Double, standardError: Double, interval: Interval, upperLimit: Double, method: Method, count: Int) {
    self.loss = loss
    self.standardError = standardError
    self.interval = interval.clamped(to: -1...1)
    self.upperLimit = min(1, upperLimit)
    self.method = method
    self.count = count
  }

  /// The estimate of a sample; nil without decisions.
  public init?(
    _ sample: PairedSample, replicates: Int = ClusterBootstrap.defaultReplicates,
    seed: UInt64 = ClusterBootstrap.defaultSeed
  ) {
    guard sample.count > 0 else { return nil }
    let loss = sample.losses.reduce(0, +) / Double(sample.count)
    if sample.isIndependentAndBinary {
      let counts = sample.counts
      self.init(
        loss: loss, method: .adjustedWald, count: sample.count,
        AdjustedWald(lost: counts.rightToWrong, gained: counts.wrongToRight, count: counts.count))
      return
    }
    let clusters = sample.clusterSums
    guard clusters.count > 1 else {
      self.init(
        loss: loss, standardError: .infinity, interval: Interval(-1, 1), upperLimit: 1, method: .unknown,
        count: sample.count)
      return
    }
    let squares = clusters.reduce(0) { sum, cluster in
      let residual = cluster.loss - loss * Double(cluster.count)
      return sum + residual * residual
    }
    guard squares > 0 else {
      let lost = clusters.count { $0.loss > 0 }, gained = clusters.count { $0.loss < 0 }
      self.init(
        loss: loss, method: .adjustedWaldOverClusters, count: sample.count,
        AdjustedWald(lost: lost, gained: gained, count: clusters.count))
      return
    }
    let bootstrap = ClusterBootstrap(sample, replicates: replicates, seed: seed)
    self.init(
      loss: loss, standardError: squares.squareRoot() / Double(sample.count), interval: bootstrap.interval,
      upperLimit: bootstrap.percentile(0.95), method: .clusterBootstrap, count: sample.count)
  }

  private init(loss: Double, method: Method, count: Int, _ wald: AdjustedWald) {
    self.init(
      loss: loss, standardError: wald.standardError, interval: wald.interval(quantile: 0.975),
      upperLimit: wald.interval(quantile: 0.95).upper, method: method, count: count)
  }
}

/// The loss with one more flip in each direction and two more decisions: never of zero width.
private struct AdjustedWald {
  let center: Double
  let standardError: Double

  init(lost: Int, gained: Int, count: Int) {
    let n = Double(count + 2)
    let b = Double(lost + 1) / n, c = Double(gained + 1) / n
    center = b - c
    standardError = ((b + c - center * center) / n).squareRoot()
  }

  func interval(quantile: Double) -> Interval {
    let half = NormalDistribution.quantile(quantile) * standardError
    return Interval(center - half, center + half)
  }
}

extension LossEstimate: CustomStringConvertible {
  /// "loss between -0.4 and 1.8 points (95 %, n 1500)": in points of 100, with as many decimals as tell the
  /// ends apart, so that no estimate ever reads as none.
  public var description: String {
    let (lower, upper) = (100 * interval.lower, 100 * interval.upper)
    let digits = (1...6).first { lower.decimals($0) != upper.decimals($0) } ?? 6
    return "loss between \(lower.decimals(digits)) and \(upper.decimals(digits)) points (95 %, n \(count))"
  }
}

extension Double {
  /// With `digits` decimals; a zero has no sign.
  func decimals(_ digits: Int) -> String {
    let scale = (0..<digits).reduce(1) { value, _ in value * 10 }
    let whole = Int((magnitude * Double(scale)).rounded())
    let fraction = String(whole % scale)
    let zeros = String(repeating: "0", count: digits - fraction.count)
    return (self < 0 && whole > 0 ? "-" : "") + "\(whole / scale).\(zeros)\(fraction)"
  }
}

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

// Summaries of many measurements.

/// A mean with its standard error.
public struct Estimate: Sendable, Equatable {
  /// The mean.
  public var mean: Double
  /// Standard error of the mean.
  public var standardError: Double

  /// The mean of `values`, whose errors are independent between, but not within, `clusters`.
  ///
  /// se = √(Σ over clusters of (Σ of deviations)²) / n. With fewer than two clusters, single values count as clusters.
  /// Edge cases: no value gives a mean of 0; one value gives an error of 0.
  package init(_ values: [Double], clusters: [Int]) {
    let count = Double(max(values.count, 1))
    let mean = values.reduce(0, +) / count
    var sums: [Int: Double] = [:]
    let areClusters = Set(clusters).count > 1
    for (index, value) in values.enumerated() {
      sums[areClusters ? clusters[index] : index, default: 0] += value - mean
    }
    // Summed in the order of clusters, so that the last digit does not depend on hashing.
    let squares = sums.keys.sorted().reduce(0.0) { $0 + (sums[$1] ?? 0) * (sums[$1] ?? 0) }
    self.mean = mean
    standardError = values.count > 1 ? squares.squareRoot() / count : 0
  }
}

/// The shape of a distribution.
public struct Distribution: Sendable, Equatable {
  /// Number of values.
  public var count: Int
  /// Mean and standard error.
  public var estimate: Estimate
  /// 50th percentile.
  public var median: Double
  /// 90th percentile.
  public var p90: Double
  /// 99th percentile.
  public var p99: Double
  /// 99.9th percentile.
  public var p999: Double
  /// The largest value.
  public var max: Double

  /// Summarises `values`; percentiles are nearest-rank: the smallest value with at least that share at or below it.
  ///
  /// Edge case: NaN, as a model that computes NaN gives it, counts as infinite in percentiles, so that no limit is kept.
  package init(_ values: [Double], clusters: [Int]) {
    let sorted = values.map { $0.isNaN ? .infinity : $0 }.sorted()
    func percentile(_ share: Double) -> Double {
      guard !sorted.isEmpty else { return 0 }
      return sorted[Swift.min(sorted.count, Swift.max(1, Int((share * Double(sorted.count)).rounded(.up)))) - 1]
    }
    count = values.count
    estimate = Estimate(values, clusters: clusters)
    median = percentile(0.5)
    p90 = percentile(0.9)
    p99 = percentile(0.99)
    p999 = percentile(0.999)
    max = sorted.last ?? 0
  }
}

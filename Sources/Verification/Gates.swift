// Limits that turn a report into a pass or a failure.

/// Limits a user sets; nil means no limit.
public struct Gates: Sendable, Equatable {
  /// Highest mean KL divergence.
  public var maxMeanDivergence: Double?
  /// Highest 99th percentile of the KL divergence.
  public var maxP99Divergence: Double?
  /// Lowest share of positions with the same first choice.
  public var minSameTop: Double?
  /// Highest perplexity ratio.
  public var maxPerplexityRatio: Double?

  /// No limits.
  public init() {}

  /// One result per limit set.
  ///
  /// An estimate passes only if its limit lies at least two standard errors away: a lucky sample is not a proof.
  public func judge(_ summary: ClassSummary) -> [GateResult] {
    var results: [GateResult] = []
    if let limit = maxMeanDivergence {
      results.append(GateResult("mean KL", upper: summary.divergence.estimate, limit: limit))
    }
    if let limit = maxP99Divergence {
      let value = summary.divergence.p99
      results.append(GateResult("p99 KL", upper: Estimate(mean: value, standardError: 0), limit: limit))
    }
    if let limit = minSameTop { results.append(GateResult("same top-1", lower: summary.sameTop, limit: limit)) }
    if let limit = maxPerplexityRatio {
      results.append(GateResult("perplexity ratio", upper: summary.perplexityRatio, limit: limit))
    }
    return results
  }
}

/// Whether a metric keeps its limit.
public struct GateResult: Sendable, Equatable {
  /// What the numbers allow to say.
  public enum Verdict: String, Sendable {
    case pass
    case fail
    /// The limit lies within two standard errors: more tokens are needed.
    case inconclusive
  }

  /// Name of the metric.
  public var metric: String
  /// The limit.
  public var limit: Double
  /// The measured value, moved two standard errors towards the limit.
  public var bound: Double
  /// The measured value.
  public var value: Double
  /// The verdict; only `pass` passes.
  public var verdict: Verdict

  init(_ metric: String, upper estimate: Estimate, limit: Double) {
    self.init(metric, estimate, limit: limit, bound: estimate.mean + 2 * estimate.standardError) { $0 <= $1 }
  }

  init(_ metric: String, lower estimate: Estimate, limit: Double) {
    self.init(metric, estimate, limit: limit, bound: estimate.mean - 2 * estimate.standardError) { $0 >= $1 }
  }

  private init(
    _ metric: String, _ estimate: Estimate, limit: Double, bound: Double, keeps: (Double, Double) -> Bool
  ) {
    self.metric = metric
    self.limit = limit
    self.bound = bound
    value = estimate.mean
    verdict = keeps(bound, limit) ? .pass : keeps(estimate.mean, limit) ? .inconclusive : .fail
  }
}

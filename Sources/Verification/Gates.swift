// Limits that turn a report into a pass or a failure.

/// The tokens that a number is about.
public enum TokenScope: Sendable, Hashable {
  case all
  case only(TokenClass)

  /// By its name: `all`, `image`, `prompt`, `answer`.
  public init?(name: String) {
    if name == "all" {
      self = .all
    } else if let tokenClass = TokenClass(rawValue: name) {
      self = .only(tokenClass)
    } else {
      return nil
    }
  }

  /// What it is called.
  public var name: String {
    switch self {
    case .all: "all"
    case .only(let tokenClass): tokenClass.rawValue
    }
  }

  /// What decides where nothing else is said: tokens of answers where there are any, which are what a model has to
  /// produce, else all.
  static func decisive(among classes: [TokenClass]) -> TokenScope { classes.contains(.answer) ? .only(.answer) : .all }

  /// All names.
  public static let names = ["all"] + TokenClass.allCases.map(\.rawValue)
}

/// A limit that a user sets.
public struct Gate: Sendable, Equatable {
  /// What is limited.
  public enum Metric: String, Sendable, CaseIterable {
    /// The highest mean KL divergence.
    case meanDivergence = "mean KL"
    /// The highest 99th percentile of the KL divergence.
    case p99Divergence = "p99 KL"
    /// The lowest share of positions with the same first choice.
    case sameTop = "same top-1"
    /// The highest perplexity ratio.
    case perplexityRatio = "perplexity ratio"
  }

  /// What is limited.
  public var metric: Metric
  /// The limit.
  public var limit: Double
  /// Of which tokens; nil for those of answers where there are any, which are what a model has to produce, else for all.
  public var scope: TokenScope?

  /// A limit.
  public init(_ metric: Metric, _ limit: Double, of scope: TokenScope? = nil) {
    self.metric = metric
    self.limit = limit
    self.scope = scope
  }

  /// Whether the limit is kept.
  ///
  /// An estimate passes only if its limit lies at least two standard errors away: a lucky sample is not a proof. A limit on
  /// tokens that there are none of is not kept: their numbers are NaN.
  package func judge(_ overall: ClassSummary, _ classes: [(tokenClass: TokenClass, summary: ClassSummary)])
    -> GateResult
  {
    let scope = scope ?? .decisive(among: classes.map(\.tokenClass))
    let summary: ClassSummary?
    switch scope {
    case .all: summary = overall
    case .only(let tokenClass): summary = classes.first { $0.tokenClass == tokenClass }?.summary
    }
    return GateResult(self, scope, summary.map(estimate) ?? Estimate(mean: .nan, standardError: .nan))
  }

  private func estimate(_ summary: ClassSummary) -> Estimate {
    switch metric {
    case .meanDivergence: summary.divergence.estimate
    case .p99Divergence: Estimate(mean: summary.divergence.p99, standardError: 0)
    case .sameTop: summary.sameTop
    case .perplexityRatio: summary.perplexityRatio
    }
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

  /// What is limited.
  public var metric: Gate.Metric
  /// Of which tokens.
  public var scope: TokenScope
  /// The limit.
  public var limit: Double
  /// The measured value, moved two standard errors towards the limit.
  public var bound: Double
  /// The measured value.
  public var value: Double
  /// The verdict; only `pass` passes.
  public var verdict: Verdict

  fileprivate init(_ gate: Gate, _ scope: TokenScope, _ estimate: Estimate) {
    let isLowest = gate.metric == .sameTop
    func keeps(_ value: Double) -> Bool { isLowest ? value >= gate.limit : value <= gate.limit }
    metric = gate.metric
    self.scope = scope
    limit = gate.limit
    bound = estimate.mean + (isLowest ? -2 : 2) * estimate.standardError
    value = estimate.mean
    verdict = keeps(bound) ? .pass : keeps(estimate.mean) ? .inconclusive : .fail
  }
}

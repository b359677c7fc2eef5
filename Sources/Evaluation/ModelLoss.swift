// What a model loses against another one on the same rows of a benchmark.
internal import Benchmarks
public import PairedStatistics

/// A candidate against the original.
public struct ModelLoss: Sendable {
  /// The loss in each metric, the benchmark's own first; none where no row can be scored by rule.
  public let metrics: [MetricLoss]
  /// How often both say the same, scored or not.
  public let agreement: Agreement
  /// Rows that both were not read alike on.
  public let changed: [ChangedAnswer]

  /// Compares two sheets of the same rows in the same order.
  init(original: ScoreSheet, candidate: ScoreSheet, of benchmark: Benchmark) {
    precondition(original.outcomes.map(\.row) == candidate.outcomes.map(\.row), "sheets of the same rows")
    let (before, after) = (original.main(of: benchmark), candidate.main(of: benchmark))
    metrics = benchmark.metrics.compactMap { MetricLoss($0, before, after, benchmark) }
    agreement = Agreement(
      original.outcomes.map(\.extraction.answer), candidate.outcomes.map(\.extraction.answer))
    changed = zip(original.outcomes, candidate.outcomes).compactMap { ChangedAnswer($0, $1) }
  }
}

/// A loss in one metric.
public struct MetricLoss: Sendable {
  /// The metric's name.
  public let name: String
  /// The loss with its interval.
  public let estimate: LossEstimate
  /// Decisions by who has them right.
  public let counts: PairedCounts
  /// McNemar's test of them; nil where decisions depend on each other or give half points.
  public let test: McNemarTest?
  /// The smallest loss that so many decisions could show; nil if none.
  public let detectable: Double?
  /// The loss if every answer of the original that was not read were wrong and the candidate's right, and the reverse.
  public let bounds: Interval
  /// The scores behind it.
  let sample: PairedSample

  init?(_ metric: MetricRule, _ before: ScoreSheet, _ after: ScoreSheet, _ benchmark: Benchmark) {
    let decisions = [before, after].map { benchmark.decisions(metric, $0) { $0.score } }
    sample = PairedSample(
      original: decisions[0].map(\.score), candidate: decisions[1].map(\.score), clusters: decisions[0].map(\.cluster))
    guard let estimate = LossEstimate(sample) else { return nil }
    name = metric.name
    self.estimate = estimate
    counts = sample.counts
    test = sample.isIndependentAndBinary ? counts.test : nil
    detectable =
      sample.isIndependentAndBinary
      ? DetectableLoss.smallest(counts) : DetectableLoss.smallest(standardError: estimate.standardError)
    let (first, second) = (benchmark.bounds(metric, before), benchmark.bounds(metric, after))
    bounds = Interval(first.lower - second.upper, first.upper - second.lower)
  }
}

/// A row that both models were not read alike on.
public struct ChangedAnswer: Sendable {
  /// The row's index.
  public let index: String
  /// What was read of each model's answer; nil if nothing was.
  public let original: String?, candidate: String?
  /// What each scores; nil if the row is not scored by rule.
  public let originalScore: Double?, candidateScore: Double?

  /// Nil if both were read alike, or neither was read.
  init?(_ original: RowOutcome, _ candidate: RowOutcome) {
    guard original.extraction.answer != candidate.extraction.answer else { return nil }
    index = original.row.index
    (self.original, self.candidate) = (original.extraction.answer, candidate.extraction.answer)
    (originalScore, candidateScore) = (original.score, candidate.score)
  }
}

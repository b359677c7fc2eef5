// What a model loses against another one on the same rows of a benchmark.
internal import Benchmarks
public import PairedStatistics

/// A candidate against the original.
public struct ModelLoss: Sendable {
  /// The loss in each metric, the benchmark's own first; none where no row can be scored by rule.
  public let metrics: [MetricLoss]
  /// How often both say the same, scored or not.
  public let agreement: Agreement
  /// Answers that both were not read alike on.
  public let changed: [ChangedAnswer]
  /// How far the letters' probabilities are apart; nil where they were not asked for.
  public let letters: LetterDivergence?

  /// Compares sheets of the same rows in the same order, one for each sample. Answers of the same number are compared with
  /// each other; a model with a single one has it compared with all.
  init(original: [ScoreSheet], candidate: [ScoreSheet], letters: LetterDivergence?, of benchmark: Benchmark) {
    let before = original.map { $0.main(of: benchmark) }, after = candidate.map { $0.main(of: benchmark) }
    metrics = benchmark.metrics.compactMap { MetricLoss($0, before, after, benchmark) }
    let pairs = (0..<max(original.count, candidate.count)).flatMap { sample -> [Pair] in
      let sheets = (original[sample % original.count].outcomes, candidate[sample % candidate.count].outcomes)
      precondition(sheets.0.map(\.row) == sheets.1.map(\.row), "sheets of the same rows")
      return zip(sheets.0, sheets.1).enumerated().map { row, pair in
        Pair(row: row, sample: sample + 1, original: pair.0, candidate: pair.1)
      }
    }
    agreement = Agreement(
      pairs.map(\.original.extraction.answer), pairs.map(\.candidate.extraction.answer), clusters: pairs.map(\.row))
    changed = pairs.compactMap { ChangedAnswer($0.original, $0.candidate, sample: $0.sample) }
    self.letters = letters
  }

  /// Two answers that are compared.
  private struct Pair {
    let row: Int, sample: Int
    let original: RowOutcome, candidate: RowOutcome
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

  init?(_ metric: MetricRule, _ before: [ScoreSheet], _ after: [ScoreSheet], _ benchmark: Benchmark) {
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

/// Answers to a row that both models were not read alike on.
public struct ChangedAnswer: Sendable {
  /// The row's index.
  public let index: String
  /// The answers' number among those to the row, counted from 1.
  public let sample: Int
  /// What was read of each model's answer; nil if nothing was.
  public let original: String?, candidate: String?
  /// What each scores; nil if the row is not scored by rule.
  public let originalScore: Double?, candidateScore: Double?

  /// Nil if both were read alike, or neither was read.
  init?(_ original: RowOutcome, _ candidate: RowOutcome, sample: Int) {
    guard original.extraction.answer != candidate.extraction.answer else { return nil }
    index = original.row.index
    self.sample = sample
    (self.original, self.candidate) = (original.extraction.answer, candidate.extraction.answer)
    (originalScore, candidateScore) = (original.score, candidate.score)
  }
}

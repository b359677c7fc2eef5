// What one model scores on one benchmark.
public import Benchmarks
public import PairedStatistics

/// A model's score on a benchmark.
public struct ModelScore: Sendable {
  /// What became of its answers, those outside the main split included.
  public let answers: AnswerCounts
  /// Its scores, the benchmark's own first; none where no row can be scored by rule.
  public let metrics: [MetricScore]
  /// What VLMEvalKit's rules would give.
  public let compatible: [CompatibleScore]
  /// The first metric of groups of rows.
  public let groups: [GroupScore]

  /// Scores sheets of the same rows, one for each sample.
  /// - Parameter tokens: Tokens of each answer, as far as they are known.
  init(_ sheets: [ScoreSheet], tokens: [Int?], of benchmark: Benchmark) {
    let main = sheets.map { $0.main(of: benchmark) }
    answers = AnswerCounts(sheets, tokens: tokens)
    metrics = benchmark.metrics.compactMap { MetricScore($0, main, benchmark) }
    compatible = VLMEvalKitVersion.allCases.compactMap { CompatibleScore($0, main, benchmark) }
    groups = benchmark.groups.flatMap { rule in
      // Splits that do not make the score stand beside it here.
      let samples = (rule.name == "split" ? sheets : main).map { $0.groups(rule) }
      return (samples.first ?? []).indices.compactMap { group in
        GroupScore(column: rule.name, name: samples[0][group].name, samples.map { $0[group].sheet }, benchmark)
      }
    }
  }
}

/// One number that a benchmark reports, of one model.
public struct MetricScore: Sendable {
  /// Its name.
  public let name: String
  /// The score with its interval.
  public let estimate: ScoreEstimate
  /// The score if every answer that was not read were wrong, and if every one were right.
  public let bounds: Interval
  /// The score with numbers rounded as the right ones are; nil where no answer is a decimal.
  public let rounded: Double?

  init?(_ metric: MetricRule, _ sheets: [ScoreSheet], _ benchmark: Benchmark) {
    guard let estimate = ScoreEstimate(metric, sheets, benchmark) else { return nil }
    name = metric.name
    self.estimate = estimate
    bounds = benchmark.bounds(metric, sheets)
    rounded =
      sheets.contains { $0.outcomes.contains { $0.roundedScore != nil } }
      ? benchmark.mean(metric, sheets) { $0.roundedScore ?? $0.score } : nil
  }
}

/// The score by a rule of VLMEvalKit.
public struct CompatibleScore: Sendable {
  /// Whose rule.
  public let version: VLMEvalKitVersion
  /// Decisions that the rule says something about.
  public let count: Int
  /// Their mean score.
  public let score: Double

  init?(_ version: VLMEvalKitVersion, _ sheets: [ScoreSheet], _ benchmark: Benchmark) {
    guard let metric = benchmark.metrics.first else { return nil }
    let decisions = benchmark.decisions(metric, sheets) { $0.compatible[version].map { $0 ? 1 : 0 } }
    guard let score = decisions.meanScore else { return nil }
    (self.version, count, self.score) = (version, decisions.count, score)
  }
}

/// The score of a group of rows.
public struct GroupScore: Sendable {
  /// The column that makes the groups.
  public let column: String
  /// The group's text there.
  public let name: String
  /// The score with its interval.
  public let estimate: ScoreEstimate

  init?(column: String, name: String, _ sheets: [ScoreSheet], _ benchmark: Benchmark) {
    guard let metric = benchmark.metrics.first, let estimate = ScoreEstimate(metric, sheets, benchmark) else {
      return nil
    }
    (self.column, self.name, self.estimate) = (column, name, estimate)
  }
}

extension ScoreEstimate {
  /// Nil if nothing is scored.
  fileprivate init?(_ metric: MetricRule, _ sheets: [ScoreSheet], _ benchmark: Benchmark) {
    let decisions = benchmark.decisions(metric, sheets) { $0.score }
    guard !decisions.isEmpty else { return nil }
    self.init(decisions.map(\.score), clusters: decisions.map(\.cluster))
  }
}

extension Benchmark {
  /// The decisions of rows that `score` gives a score; each has the mean of its scores over the samples.
  func decisions(_ metric: MetricRule, _ sheets: [ScoreSheet], by score: (RowOutcome) -> Double?) -> [Decision] {
    let samples = sheets.map { metric.decisions($0.scored(by: score), cluster: cluster) }
    guard let first = samples.first, samples.count > 1 else { return samples.first ?? [] }
    var scores: [String: [Double]] = [:]
    for decision in samples.joined() { scores[decision.id, default: []].append(decision.score) }
    return first.map { decision in
      var mean = decision
      let scores = scores[decision.id] ?? []
      mean.score = scores.reduce(0, +) / Double(max(1, scores.count))
      return mean
    }
  }

  /// Their mean score; nil if there are none.
  func mean(_ metric: MetricRule, _ sheets: [ScoreSheet], by score: (RowOutcome) -> Double?) -> Double? {
    decisions(metric, sheets, by: score).meanScore
  }

  /// The score if every answer that was not read were wrong, and if every one were right; 0…1 if nothing is scored.
  /// Every way of combining rows grows with their scores.
  func bounds(_ metric: MetricRule, _ sheets: [ScoreSheet]) -> Interval {
    func score(unread: Double) -> Double {
      mean(metric, sheets) { outcome in
        outcome.score.map { outcome.extraction.state == .extracted ? $0 : unread }
      } ?? unread
    }
    return Interval(score(unread: 0), score(unread: 1))
  }
}

extension [Decision] {
  fileprivate var meanScore: Double? { isEmpty ? nil : reduce(0) { $0 + $1.score } / Double(count) }
}

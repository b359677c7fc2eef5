// What a model's answer to a row came to.

/// An answer, read and scored.
public struct RowOutcome: Sendable {
  /// The row.
  public let row: BenchmarkRow
  /// What tells the row's pictures from others'; see `BenchmarkSource.pictureKey`.
  public let picture: String?
  /// How the row is scored.
  public let scoring: RowScoring
  /// What rule v1 read. Of rows that are not scored too, so that two models' answers can be compared.
  public let extraction: Extraction
  /// 0…1; nil if the row is not scored by rule.
  public let score: Double?
  /// The score with the answer rounded as the right number is; nil for other answers.
  public let roundedScore: Double?
  /// What VLMEvalKit's rule says without a judge; versions without a rule for the row are left out.
  public let compatible: [VLMEvalKitVersion: Bool]
}

extension Benchmark {
  /// Reads and scores `answer`.
  /// - Throws: `BenchmarkError.row` if the row's right answer is unusable.
  public func outcome(
    of answer: ModelAnswer, to row: BenchmarkRow, picture: String?
  ) throws(BenchmarkError) -> RowOutcome {
    let scoring = try self.answer.scoring(of: row)
    var score: Double?, rounded: Double?, compatible: [VLMEvalKitVersion: Bool] = [:]
    let extraction: Extraction
    if case .rule(let key) = scoring {
      extraction = key.extraction(from: answer)
      (score, rounded) = (key.score(extraction), key.roundedScore(extraction))
      for version in VLMEvalKitVersion.allCases {
        compatible[version] = compatibility?.isRight(answer.text, row, version: version)
      }
    } else {
      extraction = row.keyForReading.extraction(from: answer)
    }
    return RowOutcome(
      row: row, picture: picture, scoring: scoring, extraction: extraction, score: score, roundedScore: rounded,
      compatible: compatible)
  }
}

extension BenchmarkRow {
  /// A key that reads answers to a row whose right answer is not known.
  fileprivate var keyForReading: AnswerKey {
    options.first.map { .letter($0.letter, of: options) } ?? .text([])
  }
}

/// One model's outcomes on the rows of a benchmark.
public struct ScoreSheet: Sendable {
  /// In the order of the file.
  public var outcomes: [RowOutcome]

  /// A sheet.
  public init(_ outcomes: [RowOutcome]) { self.outcomes = outcomes }

  /// The rows that make the benchmark's score: those of its main split, if it has one.
  public func main(of benchmark: Benchmark) -> ScoreSheet {
    guard let split = benchmark.mainSplit else { return self }
    return ScoreSheet(outcomes.filter { $0.row["split"] == split })
  }

  /// How many answers are in a state.
  public func count(_ state: AnswerState) -> Int { outcomes.count { $0.extraction.state == state } }

  /// How many answers hit the token limit.
  public var truncatedCount: Int { outcomes.count { $0.extraction.isTruncated } }

  /// Rows that are scored by rule, with the scores that `score` takes of them, in the file's order.
  public func scored(by score: (RowOutcome) -> Double? = \.score) -> [ScoredRow] {
    outcomes.compactMap { outcome in
      score(outcome).map { ScoredRow(row: outcome.row, picture: outcome.picture, score: $0) }
    }
  }

  /// The sheets of the groups that `rule` makes, by name. A row may be in several, or in none.
  public func groups(_ rule: GroupRule) -> [(name: String, sheet: ScoreSheet)] {
    var members: [String: [RowOutcome]] = [:]
    for outcome in outcomes {
      for name in rule.groups(of: outcome.row) { members[name, default: []].append(outcome) }
    }
    return members.sorted { $0.key < $1.key }.map { ($0.key, ScoreSheet($0.value)) }
  }
}

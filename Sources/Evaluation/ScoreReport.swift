// All that an evaluation found: models by benchmarks, and what candidates lose.
public import Benchmarks
public import PairedStatistics

/// Scores of models on benchmarks, and losses against the first of them if that is the original.
public struct ScoreReport: Sendable {
  /// Version of the JSON form.
  public static let schema = "skyquant.evaluate/1"

  /// How questions were put and answered.
  public let settings: EvaluationSettings
  /// The models; the original first, if there is one.
  public let models: [EvaluatedModel]
  /// Whether the first model is the original of the others.
  public let hasOriginal: Bool
  /// In the order asked for.
  public let benchmarks: [BenchmarkScores]
  /// Each candidate's loss over all benchmarks; nil where it cannot be told, empty without an original or with one
  /// benchmark.
  public let pooled: [PooledScores?]

  /// Puts the parts together.
  public init(
    settings: EvaluationSettings, models: [EvaluatedModel], hasOriginal: Bool, benchmarks: [BenchmarkScores]
  ) {
    self.settings = settings
    self.models = models
    self.hasOriginal = hasOriginal
    self.benchmarks = benchmarks
    let candidateCount = hasOriginal && benchmarks.count > 1 ? models.count - 1 : 0
    pooled = (0..<candidateCount).map { candidate in
      PooledScores(benchmarks.compactMap { $0.losses[candidate].metrics.first })
    }
  }
}

/// A model, or a file of one's answers.
public struct EvaluatedModel: Sendable, Equatable {
  /// As the user named it.
  public var name: String
  /// What tells its content from other models'; nil for answers from a file.
  public var contentID: String?

  /// A model.
  public init(name: String, contentID: String?) {
    self.name = name
    self.contentID = contentID
  }
}

/// All models on one benchmark.
public struct BenchmarkScores: Sendable {
  /// The file and what was asked of it.
  public let rows: BenchmarkRows
  /// The benchmark that it was taken for.
  public let benchmark: Benchmark
  /// One for each model.
  public let scores: [ModelScore]
  /// One for each candidate; empty without an original.
  public let losses: [ModelLoss]
  /// The original against itself, computed in other ways; empty unless that was asked for.
  public let floors: [FlipFloor]

  /// Scores answers.
  /// - Parameters:
  ///   - questions: The rows that every model answered, with what tells their pictures from others'.
  ///   - answers: For each model its samples, each of them an answer to every row. One sample unless answers were drawn.
  ///   - hasOriginal: Whether the first model is the original of the others.
  ///   - again: Answers of the original that were computed in other ways, and in which.
  /// - Throws: `BenchmarkError.row` if a row's right answer is unusable.
  public init(
    _ rows: BenchmarkRows, _ benchmark: Benchmark, questions: [(row: BenchmarkRow, picture: String?)],
    answers: [[[GivenAnswer]]], hasOriginal: Bool, again: [(change: String, answers: [[GivenAnswer]])] = []
  ) throws(BenchmarkError) {
    self.rows = rows
    self.benchmark = benchmark
    func sheets(_ samples: [[GivenAnswer]]) throws(BenchmarkError) -> [ScoreSheet] {
      var sheets: [ScoreSheet] = []
      for sample in samples {
        var outcomes: [RowOutcome] = []
        for (question, given) in zip(questions, sample) {
          outcomes.append(try benchmark.outcome(of: given.answer, to: question.row, picture: question.picture))
        }
        sheets.append(ScoreSheet(outcomes))
      }
      return sheets
    }
    var sheetsOfModels: [[ScoreSheet]] = []
    for samples in answers { sheetsOfModels.append(try sheets(samples)) }
    var floors: [FlipFloor] = []
    for (change, repeated) in again {
      let loss = ModelLoss(
        original: sheetsOfModels[0], candidate: try sheets(repeated), letters: nil, of: benchmark)
      floors.append(FlipFloor(change, answers: answers[0], again: repeated, loss: loss))
    }
    self.floors = floors
    scores = zip(sheetsOfModels, answers).map { ModelScore($0, tokens: $1.joined().map(\.tokenCount), of: benchmark) }
    losses = sheetsOfModels.indices.dropFirst(hasOriginal ? 1 : sheetsOfModels.count).map { index in
      ModelLoss(
        original: sheetsOfModels[0], candidate: sheetsOfModels[index],
        letters: LetterDivergence(answers[0][0], answers[index][0]), of: benchmark)
    }
  }
}

/// A benchmark file, and what became of its rows.
public struct BenchmarkRows: Sendable {
  /// The file, as the user named it.
  public var file: String
  /// SHA-256 of its bytes.
  public var sha256: String
  /// Rows of the file, unusable ones included.
  public var count: Int
  /// Rows that every model answered.
  public var askedCount: Int
  /// Why rows were left out, one line each.
  public var faults: [String]
  /// Options and hints that are a word such as `None`, which VLMEvalKit reads as missing.
  public var missingWordCount: Int
  /// The first row as the first model read it; empty if no model was asked.
  public var renderedPrompt: String
  /// For each model how many of the rows show a picture that it was calibrated on, as far as its files tell.
  public var calibrated: [Int]

  /// A file.
  public init(
    file: String, sha256: String, count: Int, askedCount: Int, faults: [String], missingWordCount: Int,
    renderedPrompt: String, calibrated: [Int]
  ) {
    self.file = file
    self.sha256 = sha256
    self.count = count
    self.askedCount = askedCount
    self.faults = faults
    self.missingWordCount = missingWordCount
    self.renderedPrompt = renderedPrompt
    self.calibrated = calibrated
  }
}

/// A candidate's loss over several benchmarks.
public struct PooledScores: Sendable {
  /// How many benchmarks.
  public let benchmarkCount: Int
  /// The loss.
  public let loss: PooledLoss
  /// McNemar's two-sided p of each benchmark after Holm, in their order; empty unless all have one.
  public let holm: [Double]

  init?(_ losses: [MetricLoss]) {
    guard losses.count > 1, let loss = PooledLoss(losses.map(\.sample)) else { return nil }
    benchmarkCount = losses.count
    self.loss = loss
    let tests = losses.compactMap(\.test)
    holm = tests.count == losses.count ? McNemarTest.holm(tests.map(\.twoSided)) : []
  }
}

// From answers to the numbers of a report. Expected values are Wilson's, Bonett and Price's and the binomial formulas,
// computed by Python.
import Benchmarks
import Evaluation
import PairedStatistics
import Testing

/// Rows of a benchmark, and what models said.
private struct Scene {
  let benchmark: Benchmark
  var questions: [(row: BenchmarkRow, picture: String?)] = []

  init(_ file: String, columns: [String]) { benchmark = Benchmark.recognized(file: file, columns: columns) }

  /// Adds a row; one with a picture of its own unless that is named.
  mutating func add(_ index: String, picture: String? = nil, _ cells: [String: String]) {
    let place = BenchmarkError.Place(file: "b.tsv", row: questions.count + 1, index: index, offset: 0)
    questions.append((BenchmarkRow(place: place, index: index, cells: cells), picture ?? index))
  }

  /// Adds a row with options.
  mutating func addChoice(_ index: String, answer: String, picture: String? = nil, _ more: [String: String] = [:]) {
    let options = ["A": "one", "B": "two", "C": "three", "D": "four"]
    let cells = options.merging(["question": "Which?", "answer": answer]) { $1 }.merging(more) { $1 }
    add(index, picture: picture, cells)
  }

  /// Several answers of each model to each row: by model, sample and row.
  func scores(samples: [[[String]]], letters: [[[String: Double]]]? = nil) throws -> BenchmarkScores {
    let rows = BenchmarkRows(
      file: "b.tsv", sha256: "", count: questions.count, askedCount: questions.count, faults: [], missingWordCount: 0,
      renderedPrompt: "", calibrated: samples.map { _ in 0 })
    return try BenchmarkScores(
      rows, benchmark, questions: questions,
      answers: samples.enumerated().map { model, samples in
        samples.map { texts in
          texts.enumerated().map {
            GivenAnswer(ModelAnswer($1), tokenCount: nil, letters: letters?[model][$0])
          }
        }
      }, hasOriginal: samples.count > 1)
  }

  func scores(_ answers: [[String]], tokens: [Int]? = nil, truncated: Set<Int> = []) throws -> BenchmarkScores {
    let rows = BenchmarkRows(
      file: "b.tsv", sha256: "", count: questions.count, askedCount: questions.count, faults: [], missingWordCount: 0,
      renderedPrompt: "", calibrated: answers.map { _ in 0 })
    return try BenchmarkScores(
      rows, benchmark, questions: questions,
      answers: answers.map { model in
        [
          model.enumerated().map { number, text in
            GivenAnswer(ModelAnswer(text, isTruncated: truncated.contains(number)), tokenCount: tokens?[number])
          }
        ]
      }, hasOriginal: answers.count > 1)
  }
}

private func isClose(_ interval: Interval?, _ lower: Double, _ upper: Double) -> Bool {
  guard let interval else { return false }
  return abs(interval.lower - lower) < 1e-9 && abs(interval.upper - upper) < 1e-9
}

@Suite struct ScoreTests {
  private static func choices(_ file: String = "MMStar.tsv", _ count: Int = 4) -> Scene {
    var scene = Scene(file, columns: ["index", "question", "answer", "category"])
    for number in 0..<count { scene.addChoice("\(number)", answer: "B", ["category": number < 2 ? "x" : "y"]) }
    return scene
  }

  @Test func `a score has Wilson's interval, bounds for what was not read, and counts of what became of answers`()
    throws
  {
    let answers = ["B", "The answer is C.", "</think>", "well, B. two"]
    let score = try #require(
      Self.choices().scores([answers], tokens: [1, 9, 100, 4], truncated: [2]).scores.first)
    #expect(score.metrics.count == 1 && score.metrics[0].name == "accuracy")
    #expect(score.metrics[0].estimate.score == 0.5 && score.metrics[0].rounded == nil)
    #expect(isClose(score.metrics[0].estimate.interval, 0.15003898914215, 0.84996101084785))
    #expect(isClose(score.metrics[0].bounds, 0.5, 0.75))
    #expect(score.answers.count == 4 && score.answers.truncated == 1)
    #expect(score.answers.states == [.extracted: 3, .empty: 1, .none: 0, .unfinished: 0])
    #expect(score.answers.meanTokens == 28.5 && score.answers.p95Tokens == 100)
    #expect(score.groups.map(\.name) == ["x", "y"] && score.groups.map(\.estimate.score) == [0.5, 0.5])
    #expect(
      score.compatible.map(\.version) == [.may2025, .august2026] && score.compatible.allSatisfy { $0.count == 4 })
  }

  @Test func `a loss has flips both ways, their test, an interval and the answers that changed`() throws {
    let scores = try Self.choices().scores([["B", "B", "A", "C"], ["B", "A", "B", "nothing"]])
    let loss = try #require(scores.losses.first), metric = try #require(loss.metrics.first)
    #expect(metric.counts == PairedCounts(bothRight: 1, rightToWrong: 1, wrongToRight: 1, bothWrong: 1))
    #expect(metric.estimate.loss == 0 && metric.estimate.method == .adjustedWald)
    #expect(metric.test?.twoSided == 1)
    // The candidate's last answer may have been right.
    #expect(isClose(metric.bounds, -0.25, 0))
    #expect(loss.agreement.equal == 1 && loss.agreement.count == 4)
    #expect(loss.changed.map(\.index) == ["1", "2", "3"])
    #expect(loss.changed.last?.original == "C" && loss.changed.last?.candidate == nil)
    #expect(loss.changed.first?.originalScore == 1 && loss.changed.first?.candidateScore == 0)
  }

  @Test func `two rows lost and one won are told with Bonett and Price's interval`() throws {
    let scores = try Self.choices().scores([["B", "B", "A", "C"], ["A", "A", "B", "C"]])
    let metric = try #require(scores.losses.first?.metrics.first)
    #expect(metric.estimate.loss == 0.25)
    #expect(isClose(metric.estimate.interval, -0.5514916833797148, 0.884825016713048))
  }

  @Test func `rows that share a picture are resampled together and not tested by McNemar`() throws {
    var scene = Scene("MMStar.tsv", columns: ["index", "question", "answer"])
    for number in 0..<6 { scene.addChoice("\(number)", answer: "B", picture: "picture \(number / 2)") }
    let scores = try scene.scores([Array(repeating: "B", count: 6), ["A", "A", "B", "B", "B", "A"]])
    let metric = try #require(scores.losses.first?.metrics.first)
    #expect(metric.estimate.loss == 0.5 && metric.estimate.method == .clusterBootstrap && metric.test == nil)
    // Losses of the three pictures are 1, 0 and a half: no mean of three draws lies outside.
    #expect(metric.estimate.interval.lower >= 0 && metric.estimate.interval.upper <= 1)
    let score = try #require(scores.scores.last?.metrics.first)
    #expect(score.estimate.count == 6 && score.estimate.effectiveCount < 6)
  }

  @Test func `a rotation that was not read may have been right, and then the question is`() throws {
    var scene = Scene("MMBench_DEV_EN_V11.tsv", columns: ["index", "question", "answer"])
    for (index, answer) in [("1", "A"), ("1000001", "B"), ("2", "C"), ("1000002", "D")] {
      scene.addChoice(index, answer: answer)
    }
    let score = try #require(try scene.scores([["A", "hm", "C", "A"]]).scores.first)
    #expect(score.metrics.map(\.name) == ["circular accuracy", "accuracy of all rows", "accuracy of first rows"])
    #expect(score.metrics.map(\.estimate.score) == [0, 0.5, 1] && score.metrics.map(\.estimate.count) == [2, 4, 2])
    #expect(isClose(score.metrics[0].bounds, 0, 0.5) && isClose(score.metrics[1].bounds, 0.5, 0.75))
  }

  @Test func `half points of WeMath are a loss by bootstrap over problems`() throws {
    var scene = Scene("WeMath.tsv", columns: ["index", "question", "answer", "ID", "key"])
    for problem in 0..<3 {
      for (part, key) in ["2steps_1", "2steps_2", "2steps_multi"].enumerated() {
        scene.addChoice("\(3 * problem + part)", answer: "A", ["ID": "\(problem)", "key": key])
      }
    }
    let allRight = Array(repeating: "A", count: 9)
    // All steps right and the problem wrong; a step wrong; all right.
    let scores = try scene.scores([allRight, ["A", "A", "B", "B", "A", "A", "A", "A", "A"]])
    let strict = try #require(scores.scores.last?.metrics.first)
    #expect(strict.name == "strict" && strict.estimate.count == 3 && strict.estimate.score == 0.5)
    let loose = try #require(scores.scores.last?.metrics.last)
    #expect(loose.name == "loose" && abs(loose.estimate.score - 2.5 / 3) < 1e-12)
    let loss = try #require(scores.losses.first?.metrics.first)
    #expect(loss.estimate.loss == 0.5 && loss.estimate.method == .clusterBootstrap && loss.test == nil)
  }

  @Test func `rows of other splits stand beside the score and are not in it`() throws {
    var scene = Scene("MMMU_DEV_VAL.tsv", columns: ["index", "question", "answer", "split"])
    for (number, split) in ["dev", "validation", "validation"].enumerated() {
      scene.addChoice("\(number)", answer: "A", ["split": split])
    }
    let score = try #require(try scene.scores([["B", "A", "A"]]).scores.first)
    #expect(score.metrics.first?.estimate.score == 1 && score.metrics.first?.estimate.count == 2)
    #expect(score.groups.map(\.name) == ["dev", "validation"] && score.groups.map(\.estimate.score) == [0, 1])
    #expect(score.answers.count == 3)
  }

  @Test func `what needs a judge has no score, but answers are compared`() throws {
    var scene = Scene("SeePhys_total.tsv", columns: ["index", "question", "answer", "language"])
    for number in 0..<3 { scene.add("\(number)", ["question": "Why?", "answer": "x", "language": "English"]) }
    let scores = try scene.scores([["<answer>1</answer>", "2", "3"], ["1", "2", "4"]])
    #expect(scores.scores.allSatisfy { $0.metrics.isEmpty && $0.compatible.isEmpty && $0.groups.isEmpty })
    let loss = try #require(scores.losses.first)
    #expect(loss.metrics.isEmpty && loss.agreement.equal == 2 && loss.changed.map(\.index) == ["2"])
  }

  @Test func `of several answers to a row the mean counts, once`() throws {
    let original = [["B", "B", "A", "B"], ["B", "A", "A", "B"]],
      candidate = [["B", "A", "A", "A"], ["A", "A", "B", "A"]]
    let scores = try Self.choices().scores(samples: [original, candidate])
    #expect(scores.scores.map { $0.answers.count } == [8, 8])
    let metrics = scores.scores.compactMap(\.metrics.first?.estimate)
    // Rows have 1, 0.5, 0, 1 and 0.5, 0, 0.5, 0.
    #expect(metrics.map(\.score) == [0.625, 0.25] && metrics.map(\.count) == [4, 4])
    #expect(scores.scores[0].groups.map(\.estimate.score) == [0.75, 0.5])
    let loss = try #require(scores.losses.first), metric = try #require(loss.metrics.first)
    #expect(metric.estimate.loss == 0.375 && metric.estimate.count == 4 && metric.test == nil)
    #expect(metric.estimate.method == .clusterBootstrap)
    // Answers of the same number: alike in rows 1 and 3, and in row 2 of the second.
    #expect(loss.agreement.equal == 3 && loss.agreement.count == 8)
    #expect(loss.changed.map(\.index) == ["1", "3", "0", "2", "3"] && loss.changed.map(\.sample) == [1, 1, 2, 2, 2])
  }

  @Test func `an original with one answer is compared with all of a candidate's`() throws {
    let scores = try Self.choices().scores(samples: [
      [["B", "B", "B", "B"]], [["B", "B", "B", "A"], ["A", "B", "B", "B"]],
    ])
    let loss = try #require(scores.losses.first)
    #expect(loss.agreement.equal == 6 && loss.agreement.count == 8)
    #expect(loss.metrics.first?.estimate.loss == 0.25)
  }

  @Test func `letters are apart by their divergence, whether or not the likeliest is the same`() throws {
    let original = [["A": -1.0, "B": -2, "C": -3], ["A": -0.1, "B": -5, "C": -7]]
    let candidate = [["A": -1.5, "B": -1.5, "C": -4], ["A": -0.2, "B": -4, "C": -6]]
    let texts = [[["A", "A"]], [["A", "A"]]]
    let apart = try #require(
      Self.choices("MMStar.tsv", 2).scores(samples: texts, letters: [original, candidate]).losses.first?.letters)
    #expect(apart.count == 2)
    #expect(abs(apart.mean - 0.06674556166661247) < 1e-12 && abs(apart.standardError - 0.05930508424661099) < 1e-12)
    let same = try Self.choices("MMStar.tsv", 2).scores(samples: texts, letters: [original, original])
    #expect(same.losses.first?.letters?.mean == 0)
    #expect(try Self.choices("MMStar.tsv", 2).scores(samples: texts).losses.first?.letters == nil)
  }

  @Test func `benchmarks are pooled with Holm's p, and one alone is not`() throws {
    let right = Array(repeating: "B", count: 5), wrong = Array(repeating: "A", count: 5)
    let first = try Self.choices("MMStar.tsv", 5).scores([right, wrong])
    let second = try Self.choices("AI2D_TEST.tsv", 5).scores([right, right])
    func report(_ benchmarks: [BenchmarkScores]) -> ScoreReport {
      let models = ["original", "candidate"].map { EvaluatedModel(name: $0, contentID: nil) }
      let settings = EvaluationSettings(
        layout: .front, instruction: nil, template: nil, system: nil, thinks: nil, maxTokens: 1, limit: nil, seed: 0,
        keepsMissingWords: false, numericMode: "exact")
      return ScoreReport(settings: settings, models: models, hasOriginal: true, benchmarks: benchmarks)
    }
    let candidates = report([first, second]).pooled
    let pooled = try #require(candidates.first ?? nil)
    #expect(pooled.benchmarkCount == 2 && pooled.loss.meanOfBenchmarks.loss == 0.5)
    #expect(pooled.loss.counts == PairedCounts(bothRight: 5, rightToWrong: 5, wrongToRight: 0, bothWrong: 0))
    // Exact: 2 · 2⁻⁵ alone, doubled by Holm.
    #expect(zip(pooled.holm, [0.125, 1]).allSatisfy { abs($0 - $1) < 1e-12 } && pooled.holm.count == 2)
    #expect(report([first]).pooled.isEmpty)
  }
}

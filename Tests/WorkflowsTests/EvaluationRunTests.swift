// An evaluation from Swift code: what it tells, and where it goes on.
import Evaluation
import Foundation
import LayerSearch
import ModelInputs
import PairedStatistics
import Reports
import SampleModel
import TestSupport
import Testing
import Workflows

@Suite struct EvaluationRunTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
  }

  /// An evaluation of the sample on a few of its questions.
  private func evaluation(of models: [String]? = nil, limit: Int = 3) -> EvaluationRun {
    var run = EvaluationRun(
      models: models ?? [sample.modelDirectory], benchmarks: [sample.evaluationQuestions])
    run.limit = limit
    run.maxTokens = 32
    return run
  }

  @Test func `an observer that throws ends an evaluation, and the next one asks what is missing`() throws {
    struct Enough: Error {}
    var run = evaluation()
    let undisturbed = try run.run()
    run.answers = folder.path("answers")
    #expect(throws: Enough.self) {
      try run.run { if case .progress(.answers, 2, 3) = $0 { throw Enough() } }
    }
    var found: [Int] = [], steps: [Int] = []
    let resumed = try run.run { event in
      switch event {
      case .answersFound(let count, let total, _):
        #expect(total == 3)
        found.append(count)
      case .progress(.answers, let done, _): steps.append(done)
      default: break
      }
    }
    #expect(found == [2] && steps == [2, 3])
    #expect(resumed.json == undisturbed.json)
  }

  @Test func `a model against itself is asked once, answers alike, and its loss is an interval around nothing`() throws
  {
    var run = evaluation(of: [sample.modelDirectory, sample.modelDirectory], limit: 2)
    run.reference = .model(path: sample.modelDirectory)
    var found: [Int] = []
    let report = try run.run { if case .answersFound(let count, _, _) = $0 { found.append(count) } }
    #expect(found == [2, 2] && report.models.count == 3 && report.hasOriginal)
    let benchmark = try #require(report.benchmarks.first)
    #expect(benchmark.losses.count == 2 && benchmark.rows.askedCount == 2)
    for loss in benchmark.losses {
      #expect(loss.agreement.equal == 2 && loss.changed.isEmpty)
      let interval = try #require(loss.metrics.first?.estimate.interval)
      #expect(interval.lower < -0.1 && interval.upper > 0.1)
    }
  }

  @Test func `rows whose pictures a model was calibrated on are counted, for that model alone`() throws {
    var quantization = QuantizationRun(
      model: sample.modelDirectory, samples: .questions(sample.calibrationQuestions), output: folder.path("awq"))
    quantization.recipe.samples.limit = 4
    quantization.recipe.method = .awq
    _ = try quantization.run()
    var run = EvaluationRun(models: [folder.path("awq")], benchmarks: [sample.calibrationQuestions])
    run.reference = .model(path: sample.modelDirectory)
    run.maxTokens = 1
    #expect(try run.run().benchmarks[0].rows.calibrated == [0, 4])
    run.benchmarks = [sample.evaluationQuestions]
    run.limit = 1
    #expect(try run.run().benchmarks[0].rows.calibrated == [0, 0])
  }

  /// The lines of a file of answers.
  private func logged(_ path: String) throws -> [[String: Any]] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }

  @Test(arguments: [1, 3, 16])
  func `answers are those of a question by itself, however many are made together`(batchSize: Int) throws {
    var run = evaluation(limit: 6)
    run.answers = folder.path("answers")
    run.batchSize = batchSize
    _ = try run.run()
    let lines = try logged(folder.path("answers"))
    #expect(Set(lines.compactMap { $0["row"] as? Int }).count == 6)
    let questions = try SampleSource.questions(sample.evaluationQuestions)
      .samples(LoadedModel(sample.modelDirectory).builder)
    let directory = sample.evaluationQuestions.prefix(
      through: try #require(sample.evaluationQuestions.lastIndex(of: "/")))
    for line in lines {
      var question = questions[try #require(line["row"] as? Int) - 1].question
      question.images = question.images.map { directory + $0 }
      var alone = AnswerRun(model: sample.modelDirectory, question: question)
      alone.settings.maxTokens = 32
      let answer = try alone.run()
      #expect(line["answer"] as? String == answer.text)
      #expect(line["opens_thinking"] as? Bool == answer.prompt.hasSuffix("<think>\n"))
    }
  }

  @Test func `an answer is in the file before the next place in the batch is filled`() throws {
    var run = evaluation(limit: 8)
    run.answers = folder.path("answers")
    run.batchSize = 2
    var counts: [Int] = [], tokens: [Int] = []
    _ = try run.run { event in
      if case .tokens(let count) = event { tokens.append(count) }
      guard case .progress(.answers, let done, 8) = event, done > 0 else { return }
      counts.append(try logged(folder.path("answers")).count - done)
    }
    #expect(counts == Array(repeating: 0, count: 8))
    let written = try logged(folder.path("answers")).reduce(0) { $0 + ($1["tokens"] as? Int ?? 0) }
    #expect(tokens == Array(1...written), "tokens are told as they come")
  }
}

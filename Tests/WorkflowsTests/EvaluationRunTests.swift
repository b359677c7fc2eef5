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

  @Test func `answers are those of a question by itself`() throws {
    var run = evaluation(limit: 1)
    run.answers = folder.path("answers")
    _ = try run.run()
    let line = try Data(contentsOf: URL(fileURLWithPath: folder.path("answers")))
    let logged = try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
    let row = try #require(logged["row"] as? Int)
    let questions = try SampleSource.questions(sample.evaluationQuestions)
      .samples(LoadedModel(sample.modelDirectory).builder)
    var question = questions[row - 1].question
    let directory = sample.evaluationQuestions.prefix(
      through: try #require(sample.evaluationQuestions.lastIndex(of: "/")))
    question.images = question.images.map { directory + $0 }
    var alone = AnswerRun(model: sample.modelDirectory, question: question)
    alone.maxTokens = 32
    let answer = try alone.run()
    #expect(logged["answer"] as? String == answer.text)
    #expect(logged["opens_thinking"] as? Bool == answer.prompt.hasSuffix("<think>\n"))
  }
}

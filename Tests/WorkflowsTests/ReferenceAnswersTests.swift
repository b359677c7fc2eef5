// The original's answers from a file, several to each row: against a run in which the original is asked itself.
import Evaluation
import Foundation
import JSON
import PairedStatistics
import ReferenceModel
import Reports
import SampleModel
import TestSupport
import Testing
import Workflows

@Suite struct ReferenceAnswersTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
  }

  /// Drawn answers to three of the sample's questions.
  private func drawn(samples: Int = 3) throws -> EvaluationRun {
    let directory = URL(fileURLWithPath: sample.evaluationQuestions).deletingLastPathComponent()
    let lines = try String(contentsOfFile: sample.evaluationQuestions, encoding: .utf8).split(separator: "\n").prefix(3)
    let rows = try lines.enumerated().map { number, line in
      let json = try JSONValue(parsing: Array(line.utf8))
      let image = try Data(contentsOf: directory.appendingPathComponent(try #require(json["image"]?.stringValue)))
      let cells = try ["question", "answer"].map { try #require(json[$0]?.stringValue) }
      let answer = cells[1].split(separator: "\n").last ?? ""
      return "\(number)\t\(cells[0])\t\(answer)\t\(image.base64EncodedString())"
    }
    let table = (["index\tquestion\tanswer\timage"] + rows).joined(separator: "\n")
    var run = EvaluationRun(models: [sample.modelDirectory], benchmarks: [try folder.write(table, to: "questions.tsv")])
    (run.maxTokens, run.samples, run.seed) = (12, samples, 8)
    run.sampling = SamplingOptions(temperature: 1.5, topK: nil)
    return run
  }

  /// Lines of the answers that were drawn with another seed, which stand for an original's.
  private func original(_ run: EvaluationRun) throws -> [String] {
    var run = run
    run.seed = 9
    run.answers = folder.path("original.jsonl")
    _ = try run.run()
    return try String(contentsOfFile: folder.path("original.jsonl"), encoding: .utf8).split(separator: "\n").map(
      String.init)
  }

  /// What is told of a run beside answers in lines.
  private func report(_ run: EvaluationRun, _ lines: [String]) throws -> BenchmarkScores {
    var run = run
    run.reference = .answers(paths: [try folder.write(lines.joined(separator: "\n"), to: "reference.jsonl")])
    return try #require(try run.run().benchmarks.first)
  }

  @Test func `answers to a row are compared number by number, and make the score that they made themselves`() throws {
    var itself = try drawn()
    itself.seed = 9
    let score = try #require(try itself.run().benchmarks.first?.scores.first)
    let lines = try original(drawn()), found = try report(drawn(), lines.reversed())
    #expect(found.rows.askedCount == 3 && found.scores.map(\.answers.count) == [9, 9])
    #expect(found.scores[0].answers == score.answers)
    #expect(found.scores[0].metrics.map(\.estimate) == score.metrics.map(\.estimate))
    let loss = try #require(found.losses.first)
    #expect(loss.agreement.count == 9)
    let means = found.scores.map { $0.metrics[0].estimate.score }
    #expect(abs(loss.metrics[0].estimate.loss - (means[0] - means[1])) < 1e-12)
    // The same answers on both sides differ nowhere.
    let same = try report(itself, lines)
    #expect(same.losses[0].changed.isEmpty && same.losses[0].metrics[0].estimate.loss == 0)
    #expect(same.losses[0].agreement.count == 9)
  }

  @Test func `the first answers are taken where there are more, and a single one stands beside all`() throws {
    let lines = try original(drawn())
    let two = try report(drawn(samples: 2), lines)
    #expect(two.scores.map(\.answers.count) == [6, 6] && two.losses[0].agreement.count == 6)
    let firsts = lines.filter { !$0.contains("\"sample\"") }
    #expect(firsts.count == 3)
    let one = try report(drawn(), firsts)
    #expect(one.scores.map(\.answers.count) == [3, 9] && one.losses[0].agreement.count == 9)
    let predictions = try firsts.map { line in
      let json = try JSONValue(parsing: Array(line.utf8))
      let text = json["answer"]?.stringValue?.replacingOccurrences(of: "\n", with: " ") ?? ""
      return "\(json["index"]?.stringValue ?? "")\t\"\(text.replacingOccurrences(of: "\"", with: "\"\""))\""
    }
    var table = try drawn()
    let text = "index\tprediction\n" + predictions.joined(separator: "\n")
    table.reference = .answers(paths: [try folder.write(text, to: "reference.tsv")])
    #expect(try table.run().benchmarks[0].scores.map(\.answers.count) == [3, 9])
  }

  @Test func `a row that has fewer answers than the others is left out, and says so`() throws {
    let lines = try original(drawn())
    let place = try #require(lines.firstIndex { $0.contains("\"sample\":3") })
    let index = try #require(try JSONValue(parsing: Array(lines[place].utf8))["index"]?.stringValue)
    let found = try report(drawn(), lines.enumerated().filter { $0.offset != place }.map(\.element))
    #expect(found.rows.askedCount == 2 && found.rows.faults.count == 1)
    #expect(found.rows.faults[0].contains("(index \(index))"))
    #expect(found.rows.faults[0].hasSuffix("reference.jsonl has fewer than 3 answers to it"))
    #expect(found.scores.map(\.answers.count) == [6, 6])
  }

  @Test func `two answers of one number and a number that is none are errors`() throws {
    let lines = try original(drawn())
    let third = try #require(lines.last { $0.contains("\"sample\"") })
    #expect { try report(drawn(), lines + [third]) } throws: { "\($0)".contains("has the same index") }
    for number in ["0", "-1", "\"2\"", "1.5"] {
      let line = third.replacing(/"sample":\d/, with: "\"sample\":\(number)")
      #expect { try report(drawn(), [line]) } throws: { "\($0)".contains("a number counted from 1") }
    }
  }
}

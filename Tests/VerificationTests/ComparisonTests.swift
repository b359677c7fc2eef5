// Whole comparisons: a model with itself, and with a copy of which one weight is known to be wrong.
import Basics
import JSON
import ModelConfig
import ModelFiles
import ReferenceModel
import Reports
import SampleModel
import Tensors
import Testing
import Verification

@Suite struct ComparisonTests {
  private let model: LanguageModel

  init() throws {
    let file = try ModelFile.open(try SampleModel().modelDirectory)
    model = try LanguageModel(weights: file.weights, config: file.config.text)
  }

  private func sample(_ ids: [Int]) throws -> VerificationSample {
    let embeddings = try model.embed(ids)
    let classes = ids.indices.map { $0 < ids.count / 2 ? TokenClass.prompt : .answer }
    return VerificationSample(reference: embeddings, candidates: [embeddings], ids: ids, classes: classes)
  }

  private func report(_ result: ComparisonResult, _ gates: [Gate]) throws -> VerificationReport {
    try #require(
      VerificationReport(
        quantizedName: "q", referenceName: "r", renderedPrompt: "p", result: result, answers: nil, gates: gates,
        numericMode: "exact"))
  }

  @Test func `a model does not differ from itself`() throws {
    // Longer than the 128 positions whose logits are held at a time.
    let samples = [try sample((0..<150).map { $0 % 400 }), try sample([3, 1, 4, 1, 5])]
    let result = try ModelComparison(reference: model, candidates: [model]).run(samples)[0]
    #expect(result.tokens.count == 155 && result.layers.map(\.layer) == [0, 1, 2, 3])
    #expect(result.layers.allSatisfy { $0.relativeError == 0 })
    #expect(result.tokens.allSatisfy { $0.divergence == 0 && $0.hasSameTop })
    #expect(result.tokens.indices.filter { result.tokens[$0].referenceLogProbability == nil } == [149, 154])
    let gates = [
      Gate(.meanDivergence, 0), Gate(.p99Divergence, 0), Gate(.sameTop, 1), Gate(.perplexityRatio, 1),
    ]
    let report = try report(result, gates)
    #expect(report.passes && report.gates.count == 4 && report.sampleCount == 2)
    #expect(report.overall.perplexityRatio == Estimate(mean: 1, standardError: 0))
    #expect(report.overall.sameTop.mean == 1)
    #expect(report.classes.map(\.tokenClass) == [.prompt, .answer])
    #expect(report.classes.map(\.summary.divergence.count) == [77, 78])
  }

  @Test func `a wrong final norm shows in the logits and in no layer`() throws {
    var wrong = model
    for index in wrong.finalNorm.weight.indices { wrong.finalNorm.weight[index] *= 2 }
    let samples = [try sample([3, 1, 4, 1, 5, 9, 2, 6])]
    let result = try ModelComparison(reference: model, candidates: [wrong]).run(samples)[0]
    #expect(result.layers.allSatisfy { $0.relativeError == 0 })
    #expect(result.tokens.allSatisfy { $0.divergence > 0 && $0.hasSameTop }, "doubled logits keep their order")
    let report = try report(result, [Gate(.meanDivergence, 0)])
    #expect(!report.passes && report.gates.first?.verdict == .fail)
    #expect(report.json["passes"]?.boolValue == false)
  }

  @Test func `a perplexity beyond every number does not pass, though the divergence is finite`() throws {
    var wrong = model
    for index in wrong.finalNorm.weight.indices { wrong.finalNorm.weight[index] *= 1e5 }
    let samples = [try sample([3, 1, 4, 1, 5, 9, 2, 6])]
    let report = try report(try ModelComparison(reference: model, candidates: [wrong]).run(samples)[0], [])
    #expect(report.nonFiniteCount == 0 && !report.passes)
    #expect(
      report.lines(width: nil).contains { $0.plain.hasPrefix("warning: the perplexity is larger than any number") })
  }

  @Test func `no token gives no summary`() { #expect(ClassSummary([]) == nil) }
}

// Several candidates against one reference: each as it is alone, and each two on the same tokens.
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

@Suite struct CandidatesTests {
  /// A token of `sample` with these measurements.
  private func token(
    _ divergence: Double, sample: Int, _ tokenClass: TokenClass = .answer, sameTop: Bool = true, logP: Double? = nil
  ) -> TokenStatistics {
    var token = TokenStatistics(
      reference: [0, 0], quantized: [0, 0], next: nil, tokenClass: tokenClass, sample: sample)
    token.divergence = divergence
    token.quantizedTop = sameTop ? token.referenceTop : token.referenceTop + 1
    token.referenceLogProbability = logP.map { _ in 0 }
    token.quantizedLogProbability = logP
    return token
  }

  private func report(_ candidates: [[TokenStatistics]], answers: [AnswerSummary?]? = nil) throws -> CandidatesReport {
    let results = candidates.map { tokens in
      var result = ComparisonResult()
      result.tokens = tokens
      return result
    }
    let reports = try results.enumerated().map { index, result in
      try #require(
        VerificationReport(
          quantizedName: "models/\(index)", referenceName: "original", renderedPrompt: "", result: result,
          answers: answers?[index], gates: [Gate(.meanDivergence, 1)], numericMode: "exact"))
    }
    let size = CandidateSize(byteCount: 10, bitsPerWeight: 5, bitsPerLinearWeight: 4)
    return CandidatesReport(reports, results: results, sizes: results.map { _ in size })
  }

  @Test func `a difference is a mean of differences, its error over samples`() throws {
    // Differences 1, 3 in one sample and 2, -2 in the other: mean 1, sums of deviations 2 and -2, so that the error is
    // √(4 + 4) / 4. The errors of the two means are far larger.
    let before = [10.0, 20, 30, 40], after = [11.0, 23, 32, 38], samples = [0, 0, 1, 1]
    let first = zip(before, samples).map { token($0, sample: $1, logP: -1) }
    let second = zip(after, samples).map { token($0, sample: $1, sameTop: $0 > 20, logP: -1.5) }
    let difference = try #require(try report([first, second]).differences.first)
    #expect(difference.baseline == 0 && difference.candidate == 1)
    #expect(difference.overall.divergence == Estimate(mean: 1, standardError: 8.0.squareRoot() / 4))
    #expect(difference.overall.divergence.isTold == false)
    // Same first choice: -1, 0, 0, 0; mean -1/4, sums of deviations -1/2 and 1/2.
    #expect(difference.overall.sameTop == Estimate(mean: -0.25, standardError: 0.5.squareRoot() / 4))
    #expect(abs(difference.overall.perplexityRatio.mean - 1.6487212707001282) < 1e-15)  // e^½
    #expect(difference.overall.perplexityRatio.standardError == 0)
  }

  @Test func `differences are those of each later candidate less each earlier one, by class`() throws {
    let candidates = [3.0, 1, 2].map { level in
      [token(level, sample: 0, .prompt), token(level * 10, sample: 0), token(level * 10, sample: 1)]
    }
    let report = try report(candidates)
    #expect(report.differences.map { [$0.baseline, $0.candidate] } == [[0, 1], [0, 2], [1, 2]])
    #expect(report.differences.map { $0.tokens(.only(.answer))?.divergence.mean } == [-20, -10, 10])
    #expect(report.differences.map { $0.tokens(.only(.prompt))?.divergence.mean } == [-2, -1, 1])
    #expect(report.differences[0].tokens(.only(.image)) == nil)
    #expect(report.decisiveScope == .only(.answer) && report.best == 1)
  }

  @Test func `the best has the lowest mean, the first of equals, and never one that is no number`() throws {
    func best(_ means: Double...) throws -> Int { try report(means.map { [token($0, sample: 0)] }).best }
    #expect(try best(2, 1, 1) == 1)
    #expect(try best(.nan, .infinity, 3) == 2)
    #expect(try best(.nan, .nan) == 0)
  }

  @Test func `what is no number tells nothing apart, and nothing is told of equals`() throws {
    for (first, second) in [(1.0, Double.nan), (.infinity, .infinity), (1, .infinity), (1, 1)] {
      let report = try report([first, second].map { [token($0, sample: 0), token($0, sample: 1)] })
      #expect(report.differences[0].overall.divergence.isTold == false, "\(first), \(second)")
    }
    let apart = try report([1, 2].map { [token($0, sample: 0), token($0, sample: 1)] })
    #expect(apart.differences[0].overall.divergence.isTold)
  }

  @Test func `answers are compared by what they mean, and to the letter`() throws {
    func summary(_ said: String...) -> AnswerSummary {
      AnswerSummary(
        zip(["7", "7", "7", nil], said).map {
          AnswerPair(sample: 1, question: "?", kind: nil, expected: $0, reference: "7", quantized: $1)
        })
    }
    let tokens = [[token(1, sample: 0)], [token(2, sample: 0)]]
    let answers = [summary("7", "7", "8", "a"), summary("7.0", "8", "7", "b")]
    let difference = try #require(try report(tokens, answers: answers).differences[0].answers)
    #expect(difference.rightToWrong == 1 && difference.wrongToRight == 1 && difference.changed == 4)
    #expect(try report(tokens, answers: [answers[0], nil]).differences[0].answers == nil)
  }

  @Test func `one candidate is reported as ever, and the worst of several decides`() throws {
    let good = [token(0.5, sample: 0), token(0.5, sample: 1)], bad = good.map { token(9, sample: $0.sample) }
    let pictures = PictureNote(outside: 3, isConfined: false)
    let alone = try report([good])
    #expect(alone.passes && alone.json(pictures) == pictures.added(to: alone.reports[0].json))
    #expect(alone.lines(width: nil) == alone.reports[0].lines(width: nil))
    let both = try report([good, bad])
    #expect(!both.passes)
    let json = both.json(pictures)
    #expect(json["reports"]?.arrayValue?.first == alone.json(pictures))
    #expect(json["passes"] == false && json["best"] == 0 && json["tokens"] == "answer")
    #expect(json["differences"]?.arrayValue?.first?["answer"]?["kl_divergence"]?["mean"]?.doubleValue == 8.5)
    let lines = both.lines(width: nil).map(\.plain)
    #expect(lines.last == "FAIL: 1" && lines.contains("lowest mean KL of answer tokens: 0"))
    #expect(lines.contains { $0.hasPrefix("answer tokens: 0 is nearer to the original than 1") })
  }

  @Test func `a candidate's numbers do not depend on the others`() throws {
    let file = try ModelFile.open(try SampleModel().modelDirectory)
    let model = try LanguageModel(weights: file.weights, config: file.config.text)
    var wrong = model
    for index in wrong.finalNorm.weight.indices { wrong.finalNorm.weight[index] *= 2 }
    func run(_ candidates: [LanguageModel]) throws -> [ComparisonResult] {
      let samples = try [(0..<150).map { $0 % 400 }, [3, 1, 4, 1, 5]].map { ids in
        let embedded = try model.embed(ids)
        return VerificationSample(
          reference: embedded, candidates: candidates.map { _ in embedded }, ids: ids, classes: ids.map { _ in .answer }
        )
      }
      return try ModelComparison(reference: model, candidates: candidates).run(samples)
    }
    let together = try run([wrong, model, wrong])
    for (result, alone) in zip(together, [try run([wrong])[0], try run([model])[0], try run([wrong])[0]]) {
      #expect(result.tokens == alone.tokens && result.layers == alone.layers)
    }
    #expect(together[0].tokens != together[1].tokens)
  }

  @Test func `in whichever groups samples come, the results are the same bits`() throws {
    let file = try ModelFile.open(try SampleModel().modelDirectory)
    let model = try LanguageModel(weights: file.weights, config: file.config.text)
    var others = [model, model]
    for index in model.finalNorm.weight.indices { others[0].finalNorm.weight[index] *= 2 }
    let samples = try [(0..<150).map { $0 % 400 }, [3, 1, 4, 1, 5], [9, 2, 6], [5, 3, 5, 8, 9, 7]].map { ids in
      let embedded = try model.embed(ids)
      var moved = embedded
      for index in moved.values.indices { moved.values[index] *= 1.01 }
      return VerificationSample(
        reference: embedded, candidates: [embedded, moved], ids: ids, classes: ids.map { _ in .answer })
    }
    let together = try ModelComparison(reference: model, candidates: others).run(samples)
    #expect(together[1].layers.allSatisfy { $0.relativeError > 0 })
    for sizes in [[1, 1, 1, 1], [3, 1], [1, 3]] {
      var comparison = ModelComparison(reference: model, candidates: others)
      var start = 0, steps: [Int] = []
      for size in sizes {
        try comparison.add(Array(samples[start..<start + size])) { steps.append($0) }
        start += size
      }
      #expect(steps == sizes.flatMap { _ in [1, 2, 3, 4] })
      for (grouped, whole) in zip(comparison.results, together) {
        #expect(grouped.tokens == whole.tokens && grouped.layers == whole.layers, "\(sizes)")
      }
    }
  }
}

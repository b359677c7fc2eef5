// Metrics by their definitions (Formats/report.md) on numbers small enough to check by hand.
import Foundation
import Testing
import Verification

@Suite struct StatisticsTests {
  private func token(_ reference: [Float], _ quantized: [Float], next: Int? = nil, sample: Int = 0) -> TokenStatistics {
    TokenStatistics(
      reference: reference[...], quantized: quantized[...], next: next, tokenClass: .answer, sample: sample)
  }

  @Test func divergenceOfTwoKnownDistributions() {
    // p = (1/2, 1/2), q = (1/4, 3/4): KL = ln 2 / 2 + ln(2/3) / 2. Logits may carry any constant.
    let result = token([5, 5], [Float(log(0.25)) - 3, Float(log(0.75)) - 3], next: 0)
    #expect(abs(result.divergence - (log(2) / 2 + log(2.0 / 3) / 2)) < 1e-7)
    #expect(abs((result.referenceLogProbability ?? 0) - log(0.5)) < 1e-7)
    #expect(abs((result.quantizedLogProbability ?? 0) - log(0.25)) < 1e-7)
    #expect(!result.hasSameTop)  // the first of equals against the second
  }

  @Test func equalLogitsDoNotDiverge() {
    let result = token([1, 2, 3], [11, 12, 13], next: 2)
    #expect(abs(result.divergence) < 1e-12 && result.hasSameTop)
  }

  @Test func hugeLogitsDoNotOverflow() {
    let result = token([1e4, 0], [0, 1e4])
    #expect(abs(result.divergence - 1e4) < 1e-6)
  }

  @Test func percentilesAreNearestRank() throws {
    // Divergences 1...1000 of as many samples are made by hand: the k-th has KL k·d.
    let tokens = (1...1000).map { index in
      var one = token([0, 0], [0, 0], sample: index)
      one.divergence = Double(index)
      return one
    }
    let summary = try #require(ClassSummary(tokens.shuffled()))
    #expect(summary.divergence.median == 500)
    #expect(summary.divergence.p90 == 900)
    #expect(summary.divergence.p99 == 990)
    #expect(summary.divergence.p999 == 999)
    #expect(summary.divergence.max == 1000)
    #expect(summary.divergence.estimate.mean == 500.5)
  }

  @Test func standardErrorsTakeTokensOfASampleTogether() throws {
    // Two samples of two equal values 0, 0 and 2, 2: mean 1, cluster sums −2 and 2, se = √8 / 4.
    let tokens = [(0.0, 0), (0, 0), (2, 1), (2, 1)].map { value, sample in
      var one = token([0, 0], [0, 0], sample: sample)
      one.divergence = value
      return one
    }
    let estimate = try #require(ClassSummary(tokens)).divergence.estimate
    #expect(estimate.mean == 1)
    #expect(abs(estimate.standardError - 8.0.squareRoot() / 4) < 1e-12)
  }

  @Test func perplexityRatioIsTheExponentOfTheMeanDifference() throws {
    let worse = token([0, 0], [Float(log(0.25)), Float(log(0.75))], next: 0)
    let better = token([0, 0], [Float(log(0.25)), Float(log(0.75))], next: 1)
    let summary = try #require(ClassSummary([worse, better]))
    let expected = exp((log(0.5 / 0.25) + log(0.5 / 0.75)) / 2)
    #expect(abs(summary.perplexityRatio.mean - expected) < 1e-6)
    #expect(abs(summary.referencePerplexity - 2) < 1e-6)
  }

  @Test func aGatePassesOnlyWithTwoStandardErrorsToSpare() throws {
    let tokens = [0.0, 0.1, 0.2, 0.3].enumerated().map { index, value in
      var one = token([0, 0], [0, 0], sample: index)
      one.divergence = value
      return one
    }
    let summary = try #require(ClassSummary(tokens))  // mean 0.15, se √0.05 / 4 = 0.0559
    func verdict(_ limit: Double) -> GateResult.Verdict? {
      Gate(.meanDivergence, limit).judge(summary, []).verdict
    }
    #expect(verdict(0.27) == .pass)
    #expect(verdict(0.2) == .inconclusive)
    #expect(verdict(0.1) == .fail)
  }

  @Test func `a gate is about answer tokens where there are any, and about what it names`() throws {
    func summary(_ divergence: Double) throws -> ClassSummary {
      var one = token([0, 0], [0, 0])
      one.divergence = divergence
      return try #require(ClassSummary([one]))
    }
    typealias Class = (tokenClass: TokenClass, summary: ClassSummary)
    let all = try summary(2), classes: [Class] = [(.prompt, try summary(3)), (.answer, try summary(1))]
    func judge(_ scope: TokenScope?, _ classes: [Class]) -> GateResult {
      Gate(.meanDivergence, 1.5, of: scope).judge(all, classes)
    }
    #expect(judge(nil, classes).scope == .only(.answer) && judge(nil, classes).value == 1)
    #expect(judge(nil, Array(classes.prefix(1))).scope == .all && judge(nil, []).value == 2)
    #expect(judge(.only(.prompt), classes).value == 3 && judge(.all, classes).value == 2)
    let missing = judge(.only(.image), classes)
    #expect(missing.value.isNaN && missing.verdict == .fail, "what is not there keeps no limit")
  }
}

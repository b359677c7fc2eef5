// The statistics against scipy and statsmodels.
import JSON
import PairedStatistics
import Testing

@Suite struct OracleTests {
  let expectations: Expectations
  init() throws { expectations = try Expectations() }

  @Test func `Wilson's interval is that of statsmodels`() {
    let cases = expectations.cases("wilson")
    #expect(cases.count == 16)
    for value in cases {
      let interval = Interval.wilson(
        successes: value.number("successes"), count: value.number("count"), confidence: value.number("confidence"))
      #expect(agree(interval, value.interval("interval")), "\(value)")
    }
  }

  @Test func `McNemar's exact test is that of statsmodels, mid-p and one-sided p follow scipy's binomial`() {
    let cases = expectations.cases("tests")
    #expect(cases.count == 12)
    for value in cases {
      let test = McNemarTest(rightToWrong: value.int("b"), wrongToRight: value.int("c"))
      #expect(agree(test.twoSided, value.number("two_sided")), "\(value)")
      #expect(agree(test.midP, value.number("mid_p")), "\(value)")
      #expect(agree(test.loss, value.number("loss")), "\(value)")
    }
  }

  @Test func `small p are right in their leading digits, not only near zero`() {
    // 2 · 4002 / 2^4001 is 0 in double precision; 2 · Σ C(903, i ≤ 3) / 2^903 by Python's integers:
    let test = McNemarTest(rightToWrong: 3, wrongToRight: 900)
    #expect(agree(test.twoSided / 3.629_598_428_509e-264, 1, tolerance: 1e-9))
    #expect(McNemarTest(rightToWrong: 1, wrongToRight: 4000).twoSided == 0)
  }

  @Test func `Holm's adjustment is that of statsmodels`() {
    let cases = expectations.cases("holm")
    #expect(cases.count == 4)
    for value in cases {
      let adjusted = McNemarTest.holm(value.numbers("p"))
      #expect(zip(adjusted, value.numbers("adjusted")).allSatisfy { agree($0, $1) }, "\(value)")
      #expect(adjusted.count == value.numbers("adjusted").count)
    }
  }

  @Test func `independent right-or-wrong decisions get the interval of Bonett and Price`() throws {
    let cases = expectations.cases("binary")
    #expect(cases.count == 5)
    for value in cases {
      let sample = PairedSample(
        lost: value.int("lost"), gained: value.int("gained"), both: value.int("both"), neither: value.int("neither"))
      let estimate = try #require(LossEstimate(sample))
      #expect(estimate.method == .adjustedWald)
      #expect(agree(estimate.loss, value.number("loss")))
      #expect(agree(estimate.standardError, value.number("standard_error")))
      let expected = value.interval("interval")
      #expect(agree(estimate.interval, Interval(max(-1, expected.lower), min(1, expected.upper))), "\(value)")
      #expect(agree(estimate.upperLimit, min(1, value.number("upper_limit"))))
    }
  }

  @Test
  func `clustered decisions get statsmodels' cluster-robust error and, bit for bit, the bootstrap of a second program`()
    throws
  {
    let cases = expectations.cases("clustered")
    #expect(cases.count == 3)
    for value in cases {
      let sample = PairedSample(
        original: value.numbers("original"), candidate: value.numbers("candidate"),
        clusters: value.numbers("clusters").map { Int($0) })
      let seed = try #require(UInt64(value["seed"]?.stringValue ?? ""))
      let estimate = try #require(LossEstimate(sample, replicates: value.int("replicates"), seed: seed))
      #expect(estimate.method == .clusterBootstrap)
      #expect(agree(estimate.loss, value.number("loss")))
      #expect(agree(estimate.standardError, value.number("standard_error")))
      #expect(estimate.interval == value.interval("interval"))
      #expect(estimate.upperLimit == value.number("upper_limit"))
      let score = ScoreEstimate(sample.original, clusters: sample.clusters)
      #expect(agree(score.score, value.number("score")))
      #expect(agree(score.interval, value.interval("score_interval")))
    }
  }

  @Test func `losses are pooled over benchmarks with summed variance, flips by one test`() throws {
    let value = expectations["pooled"]
    let parts = try #require(value["parts"]?.arrayValue).map { part in
      let counts = part.arrayValue?.compactMap(\.intValue) ?? []
      return PairedSample(lost: counts[0], gained: counts[1], both: counts[2], neither: counts[3])
    }
    let pooled = try #require(PooledLoss(parts))
    for (estimate, key) in [(pooled.meanOfBenchmarks, "benchmarks"), (pooled.meanOfDecisions, "decisions")] {
      let expected = try #require(value[key])
      #expect(agree(estimate.loss, expected.number("loss")))
      #expect(agree(estimate.standardError, expected.number("standard_error")))
      #expect(agree(estimate.interval, expected.interval("interval")))
    }
    #expect(agree(try #require(pooled.counts).test.twoSided, value.number("two_sided")))
  }

  @Test func `the smallest loss that shows is the root that scipy finds`() {
    let cases = expectations.cases("detectable")
    #expect(cases.count == 15)
    for value in cases {
      let flips = value.number("flips")
      let smallest = DetectableLoss.smallest(count: value.int("count"), flips: flips) ?? .nan
      #expect(agree(smallest, value.number("smallest")), "\(value)")
      let needed = DetectableLoss.decisionsNeeded(loss: 0.01, flips: flips) ?? .nan
      #expect(agree(needed, value.number("needed_for_one_point")), "\(value)")
    }
  }
}

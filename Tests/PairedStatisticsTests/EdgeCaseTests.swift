// Where there is little to count, and what is said about it.
import PairedStatistics
import Testing

@Suite struct EdgeCaseTests {
  @Test func `the published worked example comes out`() throws {
    let sample = PairedSample(lost: 41, gained: 30, both: 1018, neither: 411)
    let estimate = try #require(LossEstimate(sample))
    #expect(estimate.description == "loss between -0.4 and 1.8 points (95 %, n 1500)")
    #expect(abs(sample.counts.test.twoSided - 0.235) < 0.0005)
    #expect(abs(sample.counts.flips - 71.0 / 1500) < 1e-15)
    let detectable = try #require(DetectableLoss.smallest(sample.counts))
    #expect(abs(detectable - 0.016) < 0.0005)
    let before = ScoreEstimate(sample.original)
    #expect(abs(before.score - 0.706) < 1e-12)
    #expect(abs(before.interval.lower - 0.682) < 0.0005 && abs(before.interval.upper - 0.729) < 0.0006)
  }

  @Test func `a comparison without any flip is not told as no loss`() throws {
    let estimate = try #require(LossEstimate(PairedSample(lost: 0, gained: 0, both: 1_000_000, neither: 0)))
    #expect(estimate.loss == 0)
    #expect(estimate.interval.lower < 0 && estimate.interval.upper > 0)
    #expect(estimate.description == "loss between -0.0003 and 0.0003 points (95 %, n 1000000)")
  }

  @Test func `clusters that all lose alike get an interval over clusters`() throws {
    let scores = [Double](repeating: 1, count: 40)
    let clusters = (0..<40).map { $0 / 4 }
    let same = try #require(LossEstimate(PairedSample(original: scores, candidate: scores, clusters: clusters)))
    #expect(same.method == .adjustedWaldOverClusters)
    #expect(same.interval.lower < -0.1 && same.interval.upper > 0.1)
    let worse = PairedSample(original: scores, candidate: scores.map { $0 - 1 }, clusters: clusters)
    let lost = try #require(LossEstimate(worse))
    #expect(lost.loss == 1 && lost.interval.lower < 0.99 && lost.interval.upper <= 1)
  }

  @Test func `one cluster says nothing about others`() throws {
    let estimate = try #require(
      LossEstimate(PairedSample(original: [1, 1], candidate: [1, 0], clusters: [9, 9])))
    #expect(estimate.method == .unknown)
    #expect(estimate.interval == Interval(-1, 1))
    #expect(PooledLoss([PairedSample(original: [1, 1], candidate: [1, 0], clusters: [9, 9])]) == nil)
  }

  @Test func `no decisions give no estimate and the widest bounds`() {
    let nothing = PairedSample(original: [], candidate: [])
    #expect(LossEstimate(nothing) == nil)
    #expect(PooledLoss([]) == nil)
    #expect(PooledLoss([nothing]) == nil)
    #expect(ScoreEstimate([]).interval == Interval(0, 1))
    #expect(ExtractionBounds([]).score == Interval(0, 1))
    #expect(ExtractionBounds.loss(original: [], candidate: []) == Interval(-1, 1))
    #expect(Agreement([String?](), []).interval == Interval(0, 1))
    #expect(nothing.counts.flips == 0)
  }

  @Test func `half points use the bootstrap, not McNemar's test`() throws {
    let sample = PairedSample(original: [1, 0.5, 0, 1], candidate: [0.5, 0.5, 0, 1])
    #expect(!sample.isIndependentAndBinary)
    #expect(try #require(LossEstimate(sample)).method == .clusterBootstrap)
    #expect(try #require(PooledLoss([sample])).counts == nil)
  }

  @Test func `answers that could not be read bound a score and a loss from both sides`() {
    let original: [Double?] = [1, 1, nil, 0], candidate: [Double?] = [1, nil, nil, 0.5]
    #expect(ExtractionBounds(original).score == Interval(0.5, 0.75))
    #expect(ExtractionBounds(candidate).score == Interval(0.375, 0.875))
    #expect(ExtractionBounds.loss(original: original, candidate: candidate) == Interval(-0.375, 0.375))
  }

  @Test func `answers that could not be read agree with none`() {
    let agreement = Agreement(["A", nil, "B", "C"], ["A", nil, "C", nil])
    #expect(agreement.equal == 1 && agreement.count == 4 && agreement.share == 0.25)
  }

  @Test func `a loss larger than the flips cannot be seen by any number of rows`() {
    #expect(DetectableLoss.decisionsNeeded(loss: 0.03, flips: 0.02) == nil)
    #expect(DetectableLoss.decisionsNeeded(loss: 0, flips: 0.02) == nil)
    #expect(DetectableLoss.smallest(count: 20, flips: 0.05) == nil)
    #expect(DetectableLoss.smallest(standardError: .infinity) == nil)
  }

  @Test func `a score over clusters is worth fewer decisions, and all right is worth one a cluster`() {
    let twins = ScoreEstimate([1, 1, 0, 0, 1, 1, 0, 0], clusters: [0, 0, 1, 1, 2, 2, 3, 3])
    #expect(abs(twins.effectiveCount - 4) < 1e-12)
    let perfect = ScoreEstimate([1, 1, 1, 1], clusters: [0, 0, 1, 1])
    #expect(perfect.effectiveCount == 2 && perfect.interval.upper == 1)
    #expect(perfect.interval == Interval.wilson(successes: 2, count: 2))
  }

  @Test func `the generator is SplitMix64`() {
    var generator = SplitMix64(seed: 1_234_567)  // first values of the reference implementation for this seed
    #expect(generator.next() == 6_457_827_717_110_365_317)
    #expect(generator.next() == 3_203_168_211_198_807_973)
  }

  @Test func `the bootstrap does not depend on how clusters are numbered`() {
    let original = [1.0, 0, 1, 1, 0, 1], candidate = [0.0, 0, 1, 1, 1, 1]
    let first = ClusterBootstrap(PairedSample(original: original, candidate: candidate, clusters: [0, 0, 1, 1, 2, 2]))
    let other = ClusterBootstrap(
      PairedSample(original: original, candidate: candidate, clusters: [50, 50, -3, -3, 7, 7]))
    #expect(first.interval == other.interval)
  }
}

// The scale rules against AutoAWQ's formulas in torch, and how shared channels are pooled.
import Kernels
import LayerSearch
import Tensors
import Testing

@Suite struct ScaleRuleTests {
  /// Powers, a division and the norm, each rounded to f32 by both sides.
  private static let tolerance: Float = 2e-6
  private let golden: Golden
  private let statistics: ChannelStatistics

  init() throws {
    golden = try Golden("scales")
    statistics = ChannelStatistics(
      meanAbs: try golden.floats("mean_abs"), energy: try golden.floats("energy"),
      weightMean: try golden.floats("weight_mean"))
  }

  @Test(arguments: [ScaleRule.plain, .duo, .energy], [1, 4, 10, 17, 20])
  func `scales equal torch's`(rule: ScaleRule, step: Int) throws {
    let found = ScaleCandidate(rule, ratio: Double(step) / 20, statistics: statistics)
    #expect(found.rule == rule && found.ratio == Double(step) / 20)
    for (index, (ours, theirs)) in zip(found.scales, try golden.floats("\(rule.rawValue).\(step)")).enumerated() {
      #expect(abs(ours - theirs) <= Self.tolerance * theirs, "channel \(index): \(ours), torch \(theirs)")
    }
  }

  @Test func `the mean share of each channel in its group's largest weight equals torch's`() throws {
    let weight = try golden.tensor("weight")
    let found = ChannelStatistics.weightMean([FloatMatrix(weight)], groupSize: 32)
    for (ours, theirs) in zip(found, statistics.weightMean) { #expect(abs(ours - theirs) <= Self.tolerance * theirs) }
    // Linears that share an input count by their rows.
    let parts = [weight.rows(0..<5), weight.rows(5..<weight.rowCount)].map { FloatMatrix($0) }
    for (ours, theirs) in zip(ChannelStatistics.weightMean(parts, groupSize: 32), found) {
      #expect(abs(ours - theirs) <= Self.tolerance * theirs)
    }
  }

  @Test(arguments: [ScaleRule.plain, .duo, .energy]) func `the largest and the smallest scale multiply to one`(
    rule: ScaleRule
  ) {
    let scales = ScaleCandidate(rule, ratio: 0.5, statistics: statistics).scales
    let live = scales.indices.filter { statistics.energy[$0] > 0 }.map { scales[$0] }
    #expect(abs((live.max() ?? 0) * (live.min() ?? 0) - 1) < Self.tolerance)
  }

  @Test(arguments: ScaleRule.allCases) func `channels that never carry a signal keep the scale one`(rule: ScaleRule) {
    let scales = ScaleCandidate(rule, ratio: 0.7, statistics: statistics).scales
    #expect(scales[5] == 1 && scales[70] == 1)
  }

  @Test(arguments: ScaleRule.allCases) func `no statistics make scales that cannot be divided by`(rule: ScaleRule) {
    for values: [Float] in [[0, 0, 0], [.nan, 1, 2], [.infinity, 1, 1], [1e38, 1e-38, 1]] {
      let statistics = ChannelStatistics(meanAbs: values, energy: values, weightMean: values)
      for ratio in [0, 0.5, 1] {
        let scales = ScaleCandidate(rule, ratio: ratio, statistics: statistics).scales
        #expect(scales.allSatisfy { $0.isFinite && $0 > 0 }, "\(values), ratio \(ratio)")
      }
    }
  }

  @Test func `query heads of one key and value head get one scale per channel`() {
    // Two value heads of width 3, each read by two query heads.
    let pooling = ChannelPooling(heads: 2, repeats: 2, width: 3)
    let values = (1...12).map(Float.init)
    let pooled = pooling.pooled(ChannelStatistics(meanAbs: values, energy: values, weightMean: values))
    #expect(pooled.meanAbs == [2.5, 3.5, 4.5, 2.5, 3.5, 4.5, 8.5, 9.5, 10.5, 8.5, 9.5, 10.5])
    #expect(pooled.energy == pooled.meanAbs && pooled.weightMean == pooled.meanAbs)
    #expect(pooling.folded(pooled.meanAbs) == [2.5, 3.5, 4.5, 8.5, 9.5, 10.5])
    #expect(ChannelPooling.none(size: 12).folded(values) == values)
  }
}

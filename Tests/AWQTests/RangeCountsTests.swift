// Counts at the borders of codes and scales, on a group worked out by hand.
import AWQ
import Quantization
import Tensors
import Testing

@Suite struct RangeCountsTests {
  @Test func `weights beyond half a level from the ends are counted, and groups of zeros`() throws {
    let scheme = try #require(QuantizationScheme(groupSize: 32))
    // Scale 1 and zero 5: levels from −5 to 10, so that −5.5 and 10.5 are the last to be rounded to an end.
    var weights = [Float](repeating: 0, count: 96)
    (weights[0], weights[1], weights[2], weights[3]) = (-5.5, -5.75, 10.5, 11)
    (weights[40], weights[41]) = (6, -3)  // times 2
    let linear = QuantizedLinear(
      outFeatures: 1, inFeatures: 96, scheme: scheme, codes: [UInt8](repeating: 5, count: 96), zeros: [5, 5, 5],
      scales: [1, 1, 1])
    let columns = (0..<96).map { Float($0 < 32 ? 1 : 2) }
    let counts = RangeCounts(Tensor(shape: [1, 96], values: weights), columnScales: columns, linear: linear)
    #expect(counts.clampedWeights == 4)
    #expect(counts.zeroGroups == 1)
  }
}

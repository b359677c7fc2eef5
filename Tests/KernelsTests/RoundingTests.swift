// Rounding kernels against their plain twins.
import CKernels
import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct RoundingTests {
  @Test(arguments: [8, 16, 32, 64, 128], [Float(15), 255])
  func roundingGroupsIsTheSameBitsFastAndPlain(group: Int, top: Float) {
    var generator = SeededGenerator(seed: UInt64(group))
    let groups = 7
    let scales = (0..<groups).map { _ in Float.random(in: 0.001...0.2, using: &generator) }
    let zeros = (0..<groups).map { _ in Float(Int.random(in: 0...15, using: &generator)) }
    var weights = (0..<groups * group).map { _ in Float.random(in: -2...2, using: &generator) }
    weights[3] = .nan
    weights[5] = .infinity
    weights[6] = -.infinity
    var fast = weights
    var plain = weights
    var fastCodes = [UInt8](repeating: 0, count: weights.count)
    var plainCodes = fastCodes
    unsafe ck_round_groups(&fast, &fastCodes, weights, scales, zeros, groups, group, top)
    unsafe ck_round_groups_ref(&plain, &plainCodes, weights, scales, zeros, groups, group, top)
    #expect(fast.map(\.bitPattern) == plain.map(\.bitPattern))
    #expect(fastCodes == plainCodes)
    #expect(fastCodes[3] == 0 && fastCodes[5] == UInt8(top) && fastCodes[6] == 0)
  }

  @Test(arguments: [1, 5, 8, 16, 64, 128]) func extremesOfGroupsAreThoseOfPlainLoops(group: Int) {
    var generator = SeededGenerator(seed: UInt64(100 + group))
    let weights = (0..<9 * group).map { _ in Float.random(in: -2...2, using: &generator) }
    let found = GroupExtremes(weights, groupSize: group)
    for index in 0..<9 {
      #expect(found.low[index] == weights[index * group..<(index + 1) * group].min())
      #expect(found.high[index] == weights[index * group..<(index + 1) * group].max())
    }
    var low = [Float](repeating: 0, count: 9), high = low
    unsafe ck_group_extremes_ref(&low, &high, weights, 9, group)
    #expect(found.low == low && found.high == high)
  }

  @Test(arguments: [1, 5, 32, 100, 128], [8, 24, 64]) func gptqBlocksAreTheSameBitsFastAndPlain(
    columns: Int, lanes: Int
  ) {
    let top: Float = lanes == 24 ? 255 : 15
    var generator = SeededGenerator(seed: UInt64(columns * 1000 + lanes))
    let stride = columns + 3
    let upper = (0..<columns * stride).map { _ in Float.random(in: 0.5...1.5, using: &generator) }
    let count = columns * lanes
    let scales = (0..<count).map { _ in Float.random(in: 0.01...0.2, using: &generator) }
    let zeros = (0..<count).map { _ in Float(Int.random(in: 0...15, using: &generator)) }
    var fast = (0..<count).map { _ in Float.random(in: -2...2, using: &generator) }
    var plain = fast
    var errors = ([Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
    var codes = ([UInt8](repeating: 0, count: count), [UInt8](repeating: 0, count: count))
    unsafe ck_gptq_block(&fast, &errors.0, &codes.0, upper, stride, scales, zeros, columns, lanes, top)
    unsafe ck_gptq_block_ref(&plain, &errors.1, &codes.1, upper, stride, scales, zeros, columns, lanes, top)
    #expect(codes.0 == codes.1)
    #expect(errors.0.map(\.bitPattern) == errors.1.map(\.bitPattern))
    #expect(fast.map(\.bitPattern) == plain.map(\.bitPattern))
  }

  @Test(arguments: [32, 64, 96, 160], [Float(15), 255])
  func descendingRowsIsTheSameBitsFastAndPlain(columns: Int, top: Float) {
    var generator = SeededGenerator(seed: UInt64(columns))
    let rows = 5, groups = columns / 32
    let gram = positiveDefinite(columns, &generator)
    let scales = (0..<rows * groups).map { _ in Float.random(in: 0.05...0.2, using: &generator) }
    let zeros = (0..<rows * groups).map { _ in Float(Int.random(in: 0...15, using: &generator)) }
    var codes = (0..<rows * columns).map { _ in UInt8.random(in: 0...UInt8(top), using: &generator) }
    var gradient = (0..<rows * columns).map { _ in Float.random(in: -1...1, using: &generator) }
    var plainCodes = codes
    var plainGradient = gradient
    let changed = unsafe ck_descend_rows(&codes, &gradient, gram, scales, zeros, rows, columns, 32, top)
    let plainChanged = unsafe ck_descend_rows_ref(
      &plainCodes, &plainGradient, gram, scales, zeros, rows, columns, 32, top)
    #expect(changed == plainChanged && changed > 0)
    #expect(codes == plainCodes)
    #expect(gradient.map(\.bitPattern) == plainGradient.map(\.bitPattern))
  }
}

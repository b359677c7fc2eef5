// Scales refitted to given codes against exact line searches in f64, one scale after the other until nothing moves.
import Calibration
import LayerSearch
import Quantization
import Tensors
import Testing

@Suite struct ScaleRefitTests {
  private let scheme: QuantizationScheme
  private let weight: Tensor
  private let gram: GramMatrix
  private let ranges: GroupRanges
  private let codes: [UInt8]

  init() throws {
    let golden = try Golden("rounding")
    scheme = try #require(QuantizationScheme(groupSize: 32))
    weight = try golden.tensor("weight")
    gram = GramMatrix(size: 96, values: try golden.floats("gram"), totalWeight: 160).damped(by: 0.1)
    ranges = GroupRanges(minMax: weight, scheme: scheme)
    codes = try golden.bytes("gptq")
  }

  @Test func `scales are those of least squares, rounded to half`() {
    let fitted = ScaleRefit(gram: gram, scheme: scheme).refitted(ranges, codes: codes, weight: weight)
    var moved = 0
    for row in 0..<weight.rowCount {
      let wanted = leastSquares(row)
      for group in 0..<3 {
        let found = fitted.ranges[row * 3 + group]
        #expect(found.zero == ranges.ranges[row * 3 + group].zero)
        #expect(
          abs(Double(found.scale) - wanted[group]) <= Self.halfPrecision * wanted[group], "row \(row) group \(group)")
        if found.scale != ranges.ranges[row * 3 + group].scale { moved += 1 }
      }
    }
    #expect(moved > 24, "the case must not be one that is solved already")
  }

  @Test func `a group whose codes are all its zero keeps its scale, and the others are fitted`() {
    var codes = codes
    for index in 32..<64 { codes[index] = UInt8(ranges.ranges[1].zero) }
    let fitted = ScaleRefit(gram: gram, scheme: scheme).refitted(ranges, codes: codes, weight: weight)
    #expect(fitted.ranges[1] == ranges.ranges[1])
    #expect(fitted.ranges[0] != ranges.ranges[0])
  }

  @Test func `a row whose least-squares scale is not positive keeps its scales`() {
    // Codes on the wrong side of the zero: only a negative scale would fit.
    var codes = codes
    for index in 0..<32 { codes[index] = weight.values[index] > 0 ? 0 : 15 }
    let fitted = ScaleRefit(gram: gram, scheme: scheme).refitted(ranges, codes: codes, weight: weight)
    #expect(Array(fitted.ranges[0..<3]) == Array(ranges.ranges[0..<3]))
  }

  @Test func `gradients moved with the scales are those of the new weights, and the scales are the same`() {
    let refit = ScaleRefit(gram: gram, scheme: scheme)
    func gradient(_ row: Int, _ column: Int, _ ranges: GroupRanges) -> (sum: Double, magnitudes: Double) {
      var sum = 0.0, magnitudes = 0.0
      for k in 0..<96 {
        let range = ranges.ranges[row * 3 + k / 32]
        let level = (Double(codes[row * 96 + k]) - Double(range.zero)) * Double(range.scale)
        let product = (level - Double(weight.values[row * 96 + k])) * Double(gram.values[k * 96 + column])
        sum += product
        magnitudes += abs(product)
      }
      return (sum, magnitudes)
    }
    var moved = (0..<weight.rowCount * 96).map { Float(gradient($0 / 96, $0 % 96, ranges).sum) }
    let before = moved
    let fitted = refit.refitted(ranges, codes: codes, weight: weight, moving: &moved)
    #expect(fitted == refit.refitted(ranges, codes: codes, weight: weight))
    for index in moved.indices {
      let wanted = gradient(index / 96, index % 96, fitted)
      #expect(abs(Double(moved[index]) - wanted.sum) <= 1e-6 * wanted.magnitudes, "\(index)")
    }
    #expect(moved != before)
  }

  /// Half precision has eleven significant bits, so that rounding moves a value by at most 2⁻¹¹ of it; the products behind
  /// the equations are summed in f32.
  private static let halfPrecision = 0x1.01p-11

  /// The scales of a row, each in turn moved to where its derivative vanishes.
  private func leastSquares(_ row: Int) -> [Double] {
    func level(_ index: Int) -> Double {
      Double(codes[row * 96 + index]) - Double(ranges.ranges[row * 3 + index / 32].zero)
    }
    var scales = (0..<3).map { Double(ranges.ranges[row * 3 + $0].scale) }
    for _ in 0..<2000 {
      for group in 0..<3 {
        let delta = (0..<96).map { scales[$0 / 32] * level($0) - Double(weight.values[row * 96 + $0]) }
        var slope = 0.0, curvature = 0.0
        for i in group * 32..<group * 32 + 32 {
          for j in 0..<96 {
            let product = level(i) * Double(gram.values[i * 96 + j])
            slope += product * delta[j]
            if j / 32 == group { curvature += product * level(j) }
          }
        }
        scales[group] -= slope / curvature
      }
    }
    return scales
  }
}

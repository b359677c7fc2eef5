// Hessian-aware rounding, descent and ranges against torch in f64 on correlated tokens with one dead channel.
import Calibration
import Kernels
import LayerSearch
import Quantization
import Tensors
import Testing

@Suite struct RoundingOracleTests {
  private let golden: Golden
  private let scheme: QuantizationScheme
  private let weight: Tensor
  private let gram: GramMatrix
  private let ranges: GroupRanges

  init() throws {
    golden = try Golden("rounding")
    scheme = try #require(QuantizationScheme(groupSize: 32))
    weight = try golden.tensor("weight")
    gram = GramMatrix(size: weight.rowWidth, values: try golden.floats("gram"), totalWeight: 160)
    ranges = GroupRanges(minMax: weight, scheme: scheme)
  }

  @Test func `what costs some rows of a large linear much more than the first rounding is not tried on all`() {
    let roundings = [Rounding.errorFeedback, .nearest]
    #expect(roundings.worthTrying([1, 1.05]) == roundings)
    #expect(roundings.worthTrying([1, 0.5]) == roundings)
    #expect(roundings.worthTrying([1, 1.2]) == [.errorFeedback])
    #expect(roundings.worthTrying([.nan, 1]) == [.errorFeedback])
  }

  @Test func `ranges and plain rounding equal torch's`() throws {
    let linear = QuantizedLinear(rounding: weight, scheme: scheme)
    #expect(linear.scales.map(Float.init) == (try golden.floats("scales")))
    #expect(linear.zeros == (try golden.bytes("zeros")))
    #expect(linear.codes == (try golden.bytes("rounded")))
  }

  @Test func `error feedback in act-order with static groups gives torch's codes`() throws {
    let hessian = try #require(HessianRounding(gram: gram.damped(by: 0.01), scheme: scheme))
    #expect(hessian.codes(of: weight, ranges: ranges) == (try golden.bytes("gptq")))
  }

  @Test func `descent goes where trying all sixteen levels goes`() throws {
    let rounded = QuantizedLinear(rounding: weight, scheme: scheme).codes
    let descended = CodeDescent(gram: gram, scheme: scheme).improved(rounded, weight: weight, ranges: ranges)
    // torch made one sweep; ours goes on while a sweep still changes codes, and only ever lowers the error.
    let once = try golden.bytes("descended")
    let errors = [rounded, once, descended].map { error(codes: $0, ranges: ranges) }
    #expect(errors[1] < errors[0] && errors[2] <= errors[1])
    #expect(zip(descended, once).count { $0 != $1 } < zip(rounded, once).count { $0 != $1 })
  }

  @Test func `a fitted range is never worse than the full one`() throws {
    let fitted = RangeSearch(weight: weight, gram: gram, scheme: scheme).fitted()
    for group in fitted.ranges.indices {
      let loss = loss(group, fitted.ranges[group])
      #expect(loss <= self.loss(group, ranges.ranges[group]) * (1 + Self.lossTolerance), "group \(group)")
    }
  }

  /// The search compares losses in f32.
  private static let lossTolerance = 1e-4

  /// dᵀ·H_gg·d of group `index`, in f64.
  private func loss(_ index: Int, _ range: GroupRange) -> Double {
    let start = index % 3 * 32
    let delta = (0..<32).map { offset -> Double in
      let value = weight.values[index / 3 * 96 + start + offset]
      return Double(range.rounded(value)) - Double(value)
    }
    return (0..<32).reduce(0.0) { sum, i in
      (0..<32).reduce(sum) { $0 + delta[i] * Double(gram.values[(start + i) * 96 + start + $1]) * delta[$1] }
    }
  }

  private func error(codes: [UInt8], ranges: GroupRanges) -> Double {
    var delta = QuantizedLinear(codes: codes, ranges: ranges, outFeatures: 24, inFeatures: 96, scheme: scheme)
      .dequantized()
    for index in delta.values.indices { delta.values[index] -= weight.values[index] }
    return gram.error(of: FloatMatrix(delta))
  }
}

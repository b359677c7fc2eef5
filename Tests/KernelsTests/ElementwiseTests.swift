// Norms and activations against their formulas in f64.
import CKernels
import Glibc
import Kernels
import Tensors
import Testing

@Suite struct ElementwiseTests {
  /// A handful of f32 operations, and an exp within 2 ulp.
  static let tolerance = 8 * unitRoundoff

  @Test(arguments: raggedLengths)
  func `softmax is the exponential's share, fast and plain alike`(count: Int) {
    let x = randomFloats(count, seed: 31, range: 30)
    var (fast, plain) = (x, x)
    unsafe ck_softmax_f32(&fast, count)
    unsafe ck_softmax_f32_ref(&plain, count)
    let largest = Double(x.max() ?? 0)
    let exponentials = x.map { exp(Double($0) - largest) }
    let sum = exponentials.reduce(0, +)
    for index in 0..<count {
      // The argument itself is rounded: |x − max| ulps in the exponent are as many relative ulps of the result.
      let relative = Self.tolerance + abs(Double(x[index]) - largest) * unitRoundoff
      #expect(abs(Double(fast[index]) - exponentials[index] / sum) <= relative * exponentials[index] / sum + 1e-38)
      #expect(abs(Double(plain[index]) - exponentials[index] / sum) <= relative * exponentials[index] / sum + 1e-38)
    }
  }

  @Test func `softmax of scores far apart has neither infinities nor NaN`() {
    var x: [Float] = [-1e30, 3e38, 0, -3e38, 1, 2, 3, 4, 5, 6]
    unsafe ck_softmax_f32(&x, x.count)
    #expect(x[1] == 1)
    #expect(x.allSatisfy { $0 >= 0 && $0 <= 1 })
  }

  @Test(arguments: raggedLengths)
  func `the gated silu equals its formula, fast and plain alike`(count: Int) {
    let (gate, up) = (randomFloats(count, seed: 32, range: 20), randomFloats(count, seed: 33))
    let fast = Activation.siluGated(Tensor(shape: [1, count], values: gate), Tensor(shape: [1, count], values: up))
    var plain = gate
    unsafe ck_silu_mul_f32_ref(&plain, up, count)
    for index in 0..<count {
      let x = Double(gate[index])
      let expected = x / (1 + exp(-x)) * Double(up[index])
      #expect(abs(Double(fast.values[index]) - expected) <= Self.tolerance * abs(expected))
      #expect(abs(Double(plain[index]) - expected) <= Self.tolerance * abs(expected))
    }
  }

  @Test func `silu of very negative and very positive gates is 0 and the gate`() {
    let gate: [Float] = [-1e4, -100, 100, 1e4, -.greatestFiniteMagnitude, 0, 1e30, -90]
    let result = Activation.siluGated(
      Tensor(shape: [8], values: gate), Tensor(shape: [8], values: [Float](repeating: 1, count: 8)))
    for (x, y) in zip(gate, result.values) { #expect(abs(y - max(x, 0)) <= 1e-30) }
  }

  @Test func `gelu is exact, not the tanh approximation`() {
    let x = randomFloats(40_000, seed: 34, range: 6)
    let y = Activation.gelu(Tensor(shape: [40_000], values: x))
    for (x, y) in zip(x, y.values) {
      let expected = Double(x) / 2 * (1 + erf(Double(x) / 2.0.squareRoot()))
      #expect(abs(Double(y) - expected) <= Self.tolerance * abs(Double(x)))
    }
  }

  @Test(arguments: raggedLengths)
  func `norms equal their formulas`(width: Int) {
    let tokens = 19
    let (weight, bias) = (randomFloats(width, seed: 35), randomFloats(width, seed: 36))
    // A mean far from 0 shows whether the variance is computed around it.
    let x = Tensor(shape: [tokens, width], values: randomFloats(tokens * width, seed: 37).map { $0 + 50 })
    let rms = Normalization.rms(x, weight: weight, epsilon: 1e-3)
    let layer = Normalization.layer(x, weight: weight, bias: bias, epsilon: 1e-3)
    for token in 0..<tokens {
      let row = x.values[token * width..<(token + 1) * width].map(Double.init)
      let mean = row.reduce(0, +) / Double(width)
      let square = row.reduce(0) { $0 + $1 * $1 } / Double(width)
      let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
      for column in 0..<width {
        let w = Double(weight[column])
        let rmsExpected = row[column] / (square + 1e-3).squareRoot() * w
        let centered = (row[column] - mean) / (variance + 1e-3).squareRoot() * w
        let index = token * width + column
        #expect(abs(Double(rms.values[index]) - rmsExpected) <= Self.tolerance * abs(rmsExpected))
        #expect(
          abs(Double(layer.values[index]) - centered - Double(bias[column]))
            <= Self.tolerance * (abs(centered) + abs(Double(bias[column]))))
      }
    }
  }

  @Test func `the norm of a head sees that head alone`() {
    let x = Tensor(shape: [2, 6], values: randomFloats(12, seed: 38))
    let perHead = Normalization.rmsPerHead(x, weight: [1, 2, 3], epsilon: 1e-6)
    let alone = Normalization.rms(
      Tensor(shape: [1, 3], values: Array(x.values[9..<12])), weight: [1, 2, 3], epsilon: 1e-6)
    #expect(perHead.shape == x.shape)
    #expect(Array(perHead.values[9..<12]) == alone.values)
  }

  @Test func `a scaled branch is added column by column`() {
    var x = Tensor(shape: [2, 2], values: [1, 2, 3, 4])
    x.add(Tensor(shape: [2, 2], values: [10, 20, 30, 40]), scaledBy: [0.5, 2])
    #expect(x.values == [6, 42, 18, 84])
    x += Tensor(shape: [2, 2], values: [1, 1, 1, 1])
    #expect(x.values == [7, 43, 19, 85])
  }
}

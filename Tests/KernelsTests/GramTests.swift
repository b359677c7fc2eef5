// Second moments against plain loops in f64.
import Kernels
import Tensors
import Testing

@Suite struct GramTests {
  /// Rounding of 256 products in f32, the length of a block.
  static let blockRounding = 257 * unitRoundoff

  @Test(arguments: [(1, 1), (3, 17), (256, 8), (257, 300), (700, 33)])
  func `sums of outer products equal plain loops, with and without weights`(size: (tokens: Int, n: Int)) {
    let x = Tensor(shape: [size.tokens, size.n], values: randomFloats(size.tokens * size.n, seed: 21))
    let weights = randomFloats(size.tokens, seed: 22).map(abs)
    for weights in [nil, weights] {
      let start = (0..<size.n * size.n).map { Double($0 / size.n + $0 % size.n) }
      var gram = start
      Gram.accumulate(x, weights: weights, into: &gram)
      var worst = 0.0
      for i in 0..<size.n {
        for j in 0..<size.n {
          var (sum, magnitudes) = (start[i * size.n + j], 1e-30)
          for token in 0..<size.tokens {
            let product =
              Double(x.values[token * size.n + i]) * Double(x.values[token * size.n + j])
              * Double(weights?[token] ?? 1)
            sum += product
            magnitudes += abs(product)
          }
          worst = max(worst, abs(gram[i * size.n + j] - sum) / (Self.blockRounding * magnitudes + 1e-12))
        }
      }
      #expect(worst <= 1)
    }
  }

  @Test func `the result is exactly symmetric`() {
    let n = 300
    let x = Tensor(shape: [400, n], values: randomFloats(400 * n, seed: 23))
    var gram = [Double](repeating: 0, count: n * n)
    Gram.accumulate(x, weights: randomFloats(400, seed: 24).map(abs), into: &gram)
    for i in 0..<n { for j in 0..<i { #expect(gram[i * n + j] == gram[j * n + i]) } }
  }

  @Test func `calls add up, block by block`() {
    let x = Tensor(shape: [512, 9], values: randomFloats(512 * 9, seed: 25))
    var (whole, parts) = ([Double](repeating: 0, count: 81), [Double](repeating: 0, count: 81))
    Gram.accumulate(x, into: &whole)
    Gram.accumulate(x.rows(0..<256), into: &parts)
    Gram.accumulate(x.rows(256..<512), into: &parts)
    #expect(whole == parts)
  }
}

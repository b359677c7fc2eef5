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
    for (weights, upperOnly) in [(nil, true), (weights, true), (weights, false)] {
      let start = (0..<size.n * size.n).map { Double($0 / size.n + $0 % size.n) }
      var gram = start
      let weighted = weights.map { x.rowsMultiplied(by: $0) } ?? x
      Gram.accumulate([(x, weighted)], upperOnly: upperOnly, into: &gram)
      if upperOnly { gram = Gram.symmetric(upper: gram, size: size.n).map { Double($0) } }
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
          worst = max(worst, abs(gram[i * size.n + j] - sum) / (Self.blockRounding * (magnitudes + abs(sum)) + 1e-12))
        }
      }
      #expect(worst <= 1)
    }
  }

  @Test func `the result is exactly symmetric`() {
    let n = 300
    let x = Tensor(shape: [400, n], values: randomFloats(400 * n, seed: 23))
    var gram = [Double](repeating: 0, count: n * n)
    let weighted = x.rowsMultiplied(by: randomFloats(400, seed: 24).map(abs))
    Gram.accumulate([(x, weighted)], upperOnly: true, into: &gram)
    let whole = Gram.symmetric(upper: gram, size: n)
    for i in 0..<n {
      for j in i..<n { #expect(whole[i * n + j] == Float(gram[i * n + j]) && whole[j * n + i] == whole[i * n + j]) }
    }
  }

  @Test func `products of two matrices equal plain loops`() {
    let (tokens, m, n) = (300, 130, 7)
    let x = Tensor(shape: [tokens, m], values: randomFloats(tokens * m, seed: 26))
    let y = Tensor(shape: [tokens, n], values: randomFloats(tokens * n, seed: 27))
    var sums = [Double](repeating: 0, count: m * n)
    Gram.accumulate([(x, y)], into: &sums)
    for i in 0..<m {
      for j in 0..<n {
        let products = (0..<tokens).map { Double(x.values[$0 * m + i]) * Double(y.values[$0 * n + j]) }
        let magnitudes = products.reduce(0) { $0 + abs($1) }
        #expect(abs(sums[i * n + j] - products.reduce(0, +)) <= Self.blockRounding * magnitudes)
      }
    }
  }

  @Test func `calls add up, and pairs of one call like calls`() {
    let x = Tensor(shape: [512, 9], values: randomFloats(512 * 9, seed: 25))
    var sums = [[Double]](repeating: [Double](repeating: 0, count: 81), count: 3)
    let halves = [x.rows(0..<256), x.rows(256..<512)]
    Gram.accumulate([(x, x)], into: &sums[0])
    for half in halves { Gram.accumulate([(half, half)], into: &sums[1]) }
    Gram.accumulate(halves.map { ($0, $0) }, into: &sums[2])
    #expect(sums[0] == sums[1] && sums[0] == sums[2])
  }
}

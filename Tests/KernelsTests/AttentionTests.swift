// Attention and rotary positions against their definitions in f64.
import Glibc
import Kernels
import Tensors
import Testing

@Suite struct AttentionTests {
  /// Two chained f32 products and a softmax over up to 150 keys.
  static let tolerance = 2e-6

  @Test(arguments: [(1, 1), (1, 70), (5, 5), (65, 150), (130, 130)], [AttentionMask.full, .causal])
  func `each query mixes the values it may see`(size: (tokens: Int, positions: Int), mask: AttentionMask) throws {
    let heads = HeadLayout(headCount: 6, kvHeadCount: 2, headDim: 10)
    let queries = Tensor(shape: [size.tokens, 60], values: randomFloats(size.tokens * 60, seed: 41))
    let (keys, values) = (randomFloats(size.positions * 20, seed: 42), randomFloats(size.positions * 20, seed: 43))
    let outputs = [NumericMode.exact, .openblas(try OpenBLAS.loaded())].map { mode in
      ScaledDotProductAttention.attend(
        queries: queries, keys: keys, values: values, heads: heads, mask: mask, in: mode)
    }
    #expect(outputs.allSatisfy { $0.shape == queries.shape })
    for token in 0..<size.tokens {
      let seen = mask == .full ? size.positions : size.positions - size.tokens + token + 1
      for head in 0..<6 {
        let q = (0..<10).map { Double(queries.values[token * 60 + head * 10 + $0]) }
        let expected = mix(q, keys, values, seen: seen, offset: head / 3 * 10)
        for column in 0..<10 {
          for output in outputs {
            #expect(abs(Double(output.values[token * 60 + head * 10 + column]) - expected[column]) <= Self.tolerance)
          }
        }
      }
    }
  }

  @Test func `a value that is no number changes no bit of the queries that do not see it`() throws {
    let heads = HeadLayout(headCount: 4, kvHeadCount: 2, headDim: 10)
    let queries = Tensor(shape: [100, 40], values: randomFloats(100 * 40, seed: 45))
    let (keys, values) = (randomFloats(150 * 20, seed: 46), randomFloats(150 * 20, seed: 47))
    func attend(_ values: [Float]) -> Tensor {
      ScaledDotProductAttention.attend(queries: queries, keys: keys, values: values, heads: heads, mask: .causal)
    }
    let expected = attend(values)
    // Query 30 is the first that sees position 80; it is in the middle of a block.
    for broken: Float in [.nan, .infinity, -.infinity] {
      var values = values
      values[80 * 20 + 15] = broken
      let found = attend(values)
      #expect(found.rows(0..<30).values.map(\.bitPattern) == expected.rows(0..<30).values.map(\.bitPattern))
      for token in 30..<100 {
        let row = found.rows(token..<token + 1).values
        #expect(row[..<25].allSatisfy(\.isFinite) && row.contains { !$0.isFinite })
      }
    }
  }

  @Test func `the last token of each sequence mixes what its own sequence has, whichever are beside it`() {
    let heads = HeadLayout(headCount: 14, kvHeadCount: 2, headDim: 10)
    let lengths = [1, 17, 300, 4]
    let histories = lengths.enumerated().map { index, length in
      KeysAndValues(
        keys: randomFloats(length * 20, seed: UInt64(60 + index)),
        values: randomFloats(length * 20, seed: UInt64(70 + index)))
    }
    let queries = Tensor(shape: [4, 140], values: randomFloats(4 * 140, seed: 44))
    let output = ScaledDotProductAttention.attendLast(queries: queries, histories: histories, heads: heads)
    #expect(output.shape == queries.shape)
    for (sequence, history) in histories.enumerated() {
      let row = queries.rows(sequence..<sequence + 1)
      let alone = ScaledDotProductAttention.attendLast(queries: row, histories: [history], heads: heads)
      #expect(alone == output.rows(sequence..<sequence + 1))
      for head in 0..<14 {
        let q = (0..<10).map { Double(row.values[head * 10 + $0]) }
        let expected = mix(q, history.keys, history.values, seen: lengths[sequence], offset: head / 7 * 10)
        for column in 0..<10 {
          #expect(abs(Double(alone.values[head * 10 + column]) - expected[column]) <= Self.tolerance)
        }
      }
    }
  }

  @Test func `rotation turns each pair of a head by position times frequency`() {
    let table = RotaryTable(positions: Positions(text: 5..<8), frequencies: [1, 0.25])
    let x = Tensor(shape: [3, 8], values: randomFloats(24, seed: 39))
    let y = table.rotate(x)
    for (row, position) in (5..<8).enumerated() {
      for head in 0..<2 {
        for (j, frequency) in [1, 0.25].enumerated() {
          let (low, high) = (row * 8 + head * 4 + j, row * 8 + head * 4 + j + 2)
          let (a, b) = (Double(x.values[low]), Double(x.values[high]))
          let angle = Double(position) * frequency
          #expect(abs(Double(y.values[low]) - (a * cos(angle) - b * sin(angle))) <= 1e-6)
          #expect(abs(Double(y.values[high]) - (b * cos(angle) + a * sin(angle))) <= 1e-6)
        }
      }
    }
  }

  @Test func `joined tables rotate each sequence as its own table does`() {
    let parts = [3..<4, 0..<2].map { RotaryTable(positions: Positions(text: $0), frequencies: [1, 0.25]) }
    let x = Tensor(shape: [3, 8], values: randomFloats(24, seed: 40))
    let joined = RotaryTable(joining: parts).rotate(x)
    #expect(joined.rows(0..<1) == parts[0].rotate(x.rows(0..<1)))
    #expect(joined.rows(1..<3) == parts[1].rotate(x.rows(1..<3)))
  }

  /// softmax(q · kᵀ / √10) · v over the first `seen` rows of width 20, columns from `offset`.
  private func mix(_ q: [Double], _ keys: [Float], _ values: [Float], seen: Int, offset: Int) -> [Double] {
    let scores = (0..<seen).map { key in
      (0..<10).reduce(0.0) { $0 + q[$1] * Double(keys[key * 20 + offset + $1]) } / 10.0.squareRoot()
    }
    let largest = scores.max() ?? 0
    let weights = scores.map { exp($0 - largest) }
    let sum = weights.reduce(0, +)
    return (0..<10).map { column in
      (0..<seen).reduce(0.0) { $0 + weights[$1] / sum * Double(values[$1 * 20 + offset + column]) }
    }
  }
}

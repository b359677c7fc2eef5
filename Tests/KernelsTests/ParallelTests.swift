// Loops reach every index once, and results are the same bits for any number of threads.
import Kernels
import Synchronization
import TestSupport
import Tensors
import Testing

// Serialized: the thread count is the process's.
@Suite(.serialized) struct ParallelTests {
  private func with<Result>(threads: Int, _ body: () throws -> Result) rethrows -> Result {
    let before = Parallel.threadCount
    Parallel.threadCount = threads
    defer { Parallel.threadCount = before }
    return try body()
  }

  @Test(arguments: [1, 2, 3])
  func `every index is visited once, and results keep its order`(threads: Int) {
    with(threads: threads) {
      for count in [0, 1, 2, 7, 1000] {
        #expect(Parallel.map(count) { "\($0)" } == (0..<count).map { "\($0)" })
        let visits = Mutex([Int](repeating: 0, count: count))
        Parallel.forEach(count) { index in visits.withLock { $0[index] += 1 } }
        #expect(visits.withLock { $0 } == [Int](repeating: 1, count: count))
      }
    }
  }

  @Test(arguments: [1, 2, 3])
  func `chunks cover an array and do not overlap`(threads: Int) {
    with(threads: threads) {
      var values = [Float](repeating: 0, count: 1003)
      Parallel.forEachChunk(of: &values, chunkCount: 100) { index, chunk in
        for position in chunk.indices { chunk[position] += Float(index * 100 + position) }
      }
      #expect(values == (0..<1003).map(Float.init))
    }
  }

  @Test func `at most the chosen number of threads work, also in a loop inside a loop`() {
    with(threads: 2) {
      let working = Atomic<Int>(0)
      let most = Atomic<Int>(0)
      Parallel.forEach(8) { _ in
        Parallel.forEach(8) { _ in
          most.max(working.wrappingAdd(1, ordering: .relaxed).newValue, ordering: .relaxed)
          _ = (0..<2000).reduce(0.0) { $0 + Double($1).squareRoot() }
          working.wrappingSubtract(1, ordering: .relaxed)
        }
      }
      #expect(most.load(ordering: .relaxed) <= 2)
    }
  }

  @Test func `matrix products, sums and attention are the same bits for 1, 2 and 3 threads`() {
    let x = Tensor(shape: [70, 600], values: randomFloats(70 * 600, seed: 61))
    let weight = FloatMatrix(rows: 600, columns: 600, values: randomFloats(600 * 600, seed: 62))
    let heads = HeadLayout(headCount: 6, kvHeadCount: 3, headDim: 100)
    let keys = randomFloats(70 * 300, seed: 63)
    let results = [1, 2, 3].map { threads in
      with(threads: threads) {
        var gram = [Double](repeating: 0, count: 600 * 600)
        Gram.accumulate([(x, x)], into: &gram)
        let attended = ScaledDotProductAttention.attend(
          queries: x, keys: keys, values: keys, heads: heads, mask: .causal)
        let linear = Matmul.linear(x, weight)
        let decoded = Matmul.linear(x.rows(0..<1), weight)
        let norm = Normalization.rms(x, weight: randomFloats(600, seed: 64), epsilon: 1e-6)
        return (linear.values + decoded.values + attended.values + norm.values, gram)
      }
    }
    for result in results.dropFirst() {
      #expect(result.0.map(\.bitPattern) == results[0].0.map(\.bitPattern))
      #expect(result.1 == results[0].1)
    }
  }
}

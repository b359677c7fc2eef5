// The second moments of a linear's input, H = Σ w·x xᵀ: all that a layer-wise search has to know about the tokens.
internal import Kernels
package import Tensors

/// A symmetric matrix `[size, size]` of summed input products.
///
/// The output error of a weight change ΔW over all tokens is tr(ΔW·H·ΔWᵀ), so that the cost of a search does not grow
/// with the number of tokens. Sums are additive: over samples, over processes.
package struct GramMatrix: Sendable {
  /// Input features.
  package let size: Int
  /// Row-major, symmetric.
  package var values: [Float]
  /// Sum of the token weights.
  package var totalWeight: Double

  /// A matrix of summed products and the sum of the weights.
  package init(size: Int, values: [Float], totalWeight: Double) {
    self.size = size
    self.values = values
    self.totalWeight = totalWeight
  }

  /// Σ w·x² per input feature.
  var diagonal: [Float] { (0..<size).map { values[$0 * size + $0] } }

  /// The mean over tokens of the squared output change that `delta`, `[rows, size]`, causes: tr(ΔW·H·ΔWᵀ) / Σw.
  package func error(of delta: Tensor) -> Double {
    rowErrors(of: delta).reduce(0, +) / max(totalWeight, .leastNormalMagnitude)
  }

  /// Each row's share of `error`, not divided by the weight. Summed in double precision, in index order.
  func rowErrors(of delta: Tensor) -> [Double] { delta.rowDots(times(delta)) }

  /// `delta · H`, `[rows, size]`.
  func times(_ delta: Tensor) -> Tensor {
    Matmul.product(delta, Tensor(shape: [size, size], values: values))
  }

  /// The matrix of inputs divided by `scales`: H[i][j] / (s[i]·s[j]).
  package func divided(by scales: [Float]) -> GramMatrix {
    let inverse = scales.map { 1 / $0 }
    var result = self
    Parallel.forEachChunk(of: &result.values, chunkCount: max(size, 1)) { row, values in
      let factor = inverse[row]
      for column in 0..<size { values[column] *= factor * inverse[column] }
    }
    return result
  }

  /// The matrix with `share` of its diagonal's mean added to the diagonal: directions that no token took stay invertible,
  /// and errors cannot be moved there for free.
  package func damped(by share: Double) -> GramMatrix {
    var result = self
    let mean = diagonal.reduce(0.0) { $0 + Double($1) } / Double(max(size, 1))
    for index in 0..<size { result.values[index * size + index] += Float(share * mean) }
    return result
  }

  /// The block of features `start..<start + count` with itself, `[count, count]`.
  func block(from start: Int, count: Int) -> [Float] {
    var block: [Float] = []
    block.reserveCapacity(count * count)
    for row in start..<start + count {
      block += values[row * size + start..<row * size + start + count]
    }
    return block
  }
}

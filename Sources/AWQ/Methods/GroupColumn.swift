// One group of input features of all rows: what range searches work on.
internal import Kernels
internal import Quantization
internal import Tensors

/// One group of input features, for all rows at once: every candidate is one product with the group's Hessian block.
struct GroupColumn {
  let size: Int
  let rows: Int
  let weights: [Float]
  let block: Tensor
  let extremes: [(low: Float, high: Float)]

  /// Group `group` of every row of `weight`, `[out, in]`.
  init(_ weight: Tensor, gram: GramMatrix, scheme: QuantizationScheme, group: Int) {
    let size = scheme.groupSize
    let columns = weight.shape[1]
    let start = group * size
    var weights: [Float] = []
    weights.reserveCapacity(weight.shape[0] * size)
    for row in 0..<weight.shape[0] {
      weights += weight.values[row * columns + start..<row * columns + start + size]
    }
    self.size = size
    self.rows = weight.shape[0]
    block = Tensor(shape: [size, size], values: gram.block(from: start, count: size))
    extremes = (0..<rows).map { row in
      let group = weights[row * size..<(row + 1) * size]
      return (min(group.min() ?? 0, 0), max(group.max() ?? 0, 0))
    }
    self.weights = weights
  }

  /// dᵀ·H·d of every row.
  func errors(of ranges: [GroupRange]) -> [Float] { errors(of: ranges, rounding: weights) }

  /// The same where `values`, `[rows, size]`, are rounded in place of the weights.
  func errors(of ranges: [GroupRange], rounding values: [Float]) -> [Float] {
    var delta = Tensor(shape: [rows, size], values: values)
    LevelRounding.round(
      &delta.values, scales: ranges.map(\.scale), zeros: ranges.map { Float($0.zero) }, groupSize: size)
    delta -= Tensor(shape: [rows, size], values: weights)
    return dots(delta, delta)
  }

  /// aᵀ·H·b of every row.
  func dots(_ a: Tensor, _ b: Tensor) -> [Float] {
    Matmul.product(a, block).rowDots(b).map { Float($0) }
  }
}

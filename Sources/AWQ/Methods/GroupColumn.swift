// One group of input features of all rows: what range searches work on.
internal import Kernels
internal import Quantization
internal import Tensors

/// One group of input features, for some rows at once: every candidate is one product with the group's Hessian block.
struct GroupColumn {
  /// Rows that one worker takes together: few enough for its cache.
  private static let panelRows = 256

  let size: Int
  let rows: Int
  let weights: [Float]
  let block: Tensor
  /// Of every row.
  let extremes: GroupExtremes

  /// `search` of every group of `weight`, `[out, in]`: one result for each row, group by group.
  static func all<Result: Sendable>(
    of weight: Tensor, gram: GramMatrix, scheme: QuantizationScheme, _ search: @Sendable (GroupColumn) -> [Result]
  ) -> [[Result]] {
    let groups = weight.rowWidth / scheme.groupSize
    let panels = (weight.rowCount + panelRows - 1) / panelRows
    let parts = Parallel.map(groups * panels) { index in
      let first = index % panels * panelRows
      return search(
        GroupColumn(
          weight, rows: first..<min(weight.rowCount, first + panelRows), gram: gram, size: scheme.groupSize,
          group: index / panels))
    }
    return (0..<groups).map { Array(parts[$0 * panels..<($0 + 1) * panels].joined()) }
  }

  private init(_ weight: Tensor, rows: Range<Int>, gram: GramMatrix, size: Int, group: Int) {
    let start = group * size
    var weights: [Float] = []
    weights.reserveCapacity(rows.count * size)
    for row in rows {
      let first = row * weight.rowWidth + start
      weights += weight.values[first..<first + size]
    }
    self.size = size
    self.rows = rows.count
    self.weights = weights
    block = Tensor(shape: [size, size], values: gram.block(from: start, count: size))
    extremes = GroupExtremes(weights, groupSize: size)
  }

  /// dᵀ·H·d of every row.
  func errors(of ranges: [GroupRange]) -> [Float] { errors(of: ranges, rounding: weights) }

  /// The same where `values`, `[rows, size]`, are rounded in place of the weights.
  func errors(of ranges: [GroupRange], rounding values: [Float]) -> [Float] {
    var delta = Tensor(shape: [rows, size], values: values)
    LevelRounding.round(
      &delta.values, scales: ranges.map(\.scale), zeros: ranges.map { Float($0.zero) }, groupSize: size)
    delta = delta - Tensor(shape: [rows, size], values: weights)
    return dots(delta, delta)
  }

  /// aᵀ·H·b of every row.
  func dots(_ a: Tensor, _ b: Tensor) -> [Float] {
    Matmul.product(a, block).rowDots(b).map { Float($0) }
  }
}

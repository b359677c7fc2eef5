// Group scales fitted once more when the codes are known: all scales of a row together, by least squares under the
// whole Hessian, where the search for ranges saw each group by itself and codes rounded to nearest.
package import Calibration
internal import Kernels
package import Quantization
package import Tensors

/// Fits the scales of given codes.
///
/// With c_g the row's codes minus zeros within group g and 0 elsewhere, w the row that is to be approximated and H the
/// Gram matrix, the row's error (Σ s_g·c_g − w)ᵀ·H·(Σ s_g·c_g − w) is least where A·s = b, A_gh = c_gᵀ·H·c_h and
/// b_g = c_gᵀ·H·w: as many unknowns as groups.
package struct ScaleRefit {
  /// Rows that are taken together: more of a large H, which is read for each of these panels, but so few that products
  /// of many groups do not take much memory.
  private static func panelRows(size: Int, groups: Int) -> Int {
    movesGradients(size: size) ? max(32, min(256, (1 << 14) / groups)) : 64
  }

  let gram: GramMatrix
  let scheme: QuantizationScheme

  /// A fit under `gram`, which is positive definite.
  package init(gram: GramMatrix, scheme: QuantizationScheme) {
    self.gram = gram
    self.scheme = scheme
  }

  /// `ranges` with better scales for `codes` of `weight`, `[out, in]`. Rows whose error would not fall keep theirs.
  package func refitted(_ ranges: GroupRanges, codes: [UInt8], weight: Tensor) -> GroupRanges {
    let blocks = blocks, panels = panels(weight.rowCount)
    let linear = QuantizedLinear(
      codes: codes, ranges: ranges, outFeatures: weight.shape[0], inFeatures: weight.shape[1], scheme: scheme)
    let fitted = Parallel.map(panels.count) { index in
      let panel = Panel(linear, weight, panels[index])
      // Products are large, and sums over them all that is wanted.
      return panel.fitted(ranges, blocks.indices.map { panel.sums(of: $0, panel.product(of: $0, blocks[$0])) })
    }
    return GroupRanges(fitted.flatMap(\.self))
  }

  /// The same, and moves `gradient`, H·d of every row, `[out, in]`, to where the new scales lead, which takes no products
  /// but those that the fit needs. One panel of rows after the other, all of whose products are kept.
  package func refitted(
    _ ranges: GroupRanges, codes: [UInt8], weight: Tensor, moving gradient: inout [Float]
  ) -> GroupRanges {
    let blocks = blocks
    let linear = QuantizedLinear(
      codes: codes, ranges: ranges, outFeatures: weight.shape[0], inFeatures: weight.shape[1], scheme: scheme)
    var fitted: [GroupRange] = []
    for rows in panels(weight.rowCount) {
      let panel = Panel(linear, weight, rows)
      let shares = Parallel.map(blocks.count) { group in
        let product = panel.product(of: group, blocks[group])
        return (product: product, sums: panel.sums(of: group, product))
      }
      let better = panel.fitted(ranges, shares.map(\.sums))
      panel.move(&gradient, shares.map(\.product), from: ranges, to: better)
      fitted += better
    }
    return GroupRanges(fitted)
  }

  /// Whether gradients are moved along: where products with H are what takes time, and a panel of them is small beside
  /// the weights.
  var movesGradients: Bool { Self.movesGradients(size: gram.size) }

  private static func movesGradients(size: Int) -> Bool { size > 2048 }

  /// Floats of what is kept meanwhile for `size` features.
  static func keptFloatCount(size: Int, groupSize: Int) -> Int {
    guard movesGradients(size: size) else { return 0 }
    let groups = size / groupSize
    return size * size + panelRows(size: size, groups: groups) * size * (groups + 4)
  }

  /// The rows of H, group by group.
  private var blocks: [Tensor] {
    (0..<gram.size / scheme.groupSize).map { group in
      let start = group * scheme.groupSize * gram.size
      return Tensor(
        shape: [scheme.groupSize, gram.size], values: Array(gram.values[start..<start + scheme.groupSize * gram.size]))
    }
  }

  private func panels(_ rows: Int) -> [Range<Int>] {
    let panelRows = Self.panelRows(size: gram.size, groups: gram.size / scheme.groupSize)
    return stride(from: 0, to: rows, by: panelRows).map { $0..<min(rows, $0 + panelRows) }
  }
}

/// Some rows that are fitted together. A group's product with H is what its codes, times 1, add to the rows of Q·H.
private struct Panel {
  private let rows: Range<Int>
  private let groupSize: Int, groups: Int
  /// c, `[rows, in]`, and the same with a row for each group.
  private let levels: Tensor, split: Tensor
  private let wanted: Tensor

  init(_ linear: QuantizedLinear, _ weight: Tensor, _ rows: Range<Int>) {
    self.rows = rows
    groups = linear.groupsPerRow
    groupSize = linear.scheme.groupSize
    levels = linear.levels(rows)
    split = levels.reshaped(to: [rows.count * groups, groupSize])
    wanted = weight.rows(rows)
  }

  /// c_g·H, `[rows, in]`, with `block` the rows of H that belong to the group.
  func product(of group: Int, _ block: Tensor) -> Tensor {
    Matmul.product(levels.columns(group * groupSize..<(group + 1) * groupSize), block)
  }

  /// What a group's product adds to the rows' problems: A_gh, `[rows, groups]`, and b_g of each row.
  typealias Sums = (matrix: [Double], target: [Double])

  func sums(of group: Int, _ product: Tensor) -> Sums {
    (product.reshaped(to: split.shape).rowDots(split), product.rowDots(wanted))
  }

  /// Better ranges of the rows than those among `ranges`, by the sums of all groups.
  func fitted(_ ranges: GroupRanges, _ sums: [Sums]) -> [GroupRange] {
    Parallel.map(rows.count) { row in
      let problem = RowProblem(
        matrix: sums.flatMap { $0.matrix[row * groups..<(row + 1) * groups] }, target: sums.map { $0.target[row] })
      return problem.better(than: old(ranges, row))
    }.flatMap(\.self)
  }

  /// Adds what new scales change to the rows of `gradient`: (s'_g − s_g)·c_g·H of every group, in order.
  func move(_ gradient: inout [Float], _ products: [Tensor], from ranges: GroupRanges, to better: [GroupRange]) {
    let width = levels.rowWidth, place = rows.lowerBound * width..<rows.upperBound * width
    var moved = Array(gradient[place])
    Parallel.forEachChunk(of: &moved, chunkCount: width) { row, gradient in
      for (group, old) in old(ranges, row).enumerated() {
        let change = better[row * groups + group].scale - old.scale
        guard change != 0 else { continue }
        let values = products[group].values, product = values.span
        for column in 0..<width { gradient[column] += change * product[row * width + column] }
      }
    }
    gradient.replaceSubrange(place, with: moved)
  }

  /// The ranges that a row has.
  private func old(_ ranges: GroupRanges, _ row: Int) -> [GroupRange] {
    Array(ranges.ranges[(rows.lowerBound + row) * groups..<(rows.lowerBound + row + 1) * groups])
  }
}

/// The least-squares problem of one row.
private struct RowProblem {
  /// A, `[groups, groups]`.
  let matrix: [Double]
  /// b.
  let target: [Double]

  /// `ranges` with the solution's scales, rounded as they are stored, if that lowers the error.
  func better(than ranges: [GroupRange]) -> [GroupRange] {
    guard let scales = solution(fallback: ranges), scales.allSatisfy({ $0.isFinite && $0 > 0 }) else { return ranges }
    let fitted = zip(ranges, scales).map { $0.with(scale: Float($1)) }
    return error(of: fitted) < error(of: ranges) ? fitted : ranges
  }

  /// sᵀ·A·s − 2·bᵀ·s: the error but for what does not depend on the scales.
  private func error(of ranges: [GroupRange]) -> Double {
    let scales = ranges.map { Double($0.scale) }
    var sum = 0.0
    for row in scales.indices {
      var product = -2 * target[row]
      for column in scales.indices { product += matrix[row * scales.count + column] * scales[column] }
      sum += scales[row] * product
    }
    return sum
  }

  /// A⁻¹·b; nil if A is not positive definite. `fallback` is for groups whose codes are all their zero: no scale changes
  /// them.
  private func solution(fallback: [GroupRange]) -> [Double]? {
    let size = target.count
    var matrix = matrix, target = target
    for row in 0..<size where matrix[row * size + row] == 0 {
      (matrix[row * size + row], target[row]) = (1, Double(fallback[row].scale))
    }
    return Cholesky.solve(target, matrix)
  }
}

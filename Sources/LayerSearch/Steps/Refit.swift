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
  /// Rows that one worker takes together: more of a large H, which is read for each of these panels.
  private var panelRows: Int { QuadraticForm.rowsAtOnce(size: gram.size) / 2 }

  let gram: GramMatrix
  let scheme: QuantizationScheme

  /// A fit under `gram`, which is positive definite.
  package init(gram: GramMatrix, scheme: QuantizationScheme) {
    self.gram = gram
    self.scheme = scheme
  }

  /// `ranges` with better scales for `codes` of `weight`, `[out, in]`. Rows whose error would not fall keep theirs.
  package func refitted(_ ranges: GroupRanges, codes: [UInt8], weight: Tensor) -> GroupRanges {
    let linear = QuantizedLinear(
      codes: codes, ranges: ranges, outFeatures: weight.shape[0], inFeatures: weight.shape[1], scheme: scheme)
    let blocks = (0..<linear.groupsPerRow).map { group in
      let start = group * scheme.groupSize * gram.size
      return Tensor(
        shape: [scheme.groupSize, gram.size], values: Array(gram.values[start..<start + scheme.groupSize * gram.size]))
    }
    let rows = weight.rowCount, panelRows = panelRows
    let panels = Parallel.map((rows + panelRows - 1) / panelRows) { index in
      panel(linear, ranges, weight, blocks, rows: index * panelRows..<min(rows, (index + 1) * panelRows))
    }
    return GroupRanges(panels.flatMap(\.self))
  }

  /// The ranges of some rows. `blocks` holds the rows of H, group by group.
  private func panel(
    _ linear: QuantizedLinear, _ ranges: GroupRanges, _ weight: Tensor, _ blocks: [Tensor], rows: Range<Int>
  ) -> [GroupRange] {
    let groups = linear.groupsPerRow, count = rows.count
    let levels = linear.levels(rows), wanted = weight.rows(rows)
    let split = levels.reshaped(to: [count * groups, scheme.groupSize])
    // [group][row * groups + other group] and [group][row]
    var products: [[Double]] = [], targets: [[Double]] = []
    for group in 0..<groups {
      let product = Matmul.product(
        levels.columns(group * scheme.groupSize..<(group + 1) * scheme.groupSize), blocks[group])
      products.append(product.reshaped(to: split.shape).rowDots(split))
      targets.append(product.rowDots(wanted))
    }
    return (0..<count).flatMap { row in
      let old = Array(ranges.ranges[(rows.lowerBound + row) * groups..<(rows.lowerBound + row + 1) * groups])
      let problem = RowProblem(
        matrix: (0..<groups).flatMap { products[$0][row * groups..<(row + 1) * groups] },
        target: targets.map { $0[row] })
      return problem.better(than: old)
    }
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

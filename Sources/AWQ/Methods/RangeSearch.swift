// Fits every group's range: an asymmetric clip under the Hessian of the group itself, then a least-squares scale.
//
// AutoAWQ clips both ends alike and judges by single products. Here the low and the high end shrink independently, and
// a range is judged by dᵀ·H_gg·d, the output error that the group's rounding errors d cause together.
internal import Kernels
package import Quantization
package import Tensors

/// Chooses ranges for all groups of a (scaled) weight.
package struct RangeSearch {
  /// Fractions of the full range tried for both ends together, then for each end alone around the best.
  static let jointShrinks: [Float] = [1, 0.96, 0.92, 0.88, 0.84, 0.8, 0.75, 0.7, 0.65, 0.6]
  static let endShrinks: [Float] = [0.8, 0.88, 0.94, 1.06, 1.12]
  /// Rounds of scale refits by least squares.
  static let refitRounds = 2

  /// `[out, in]`, columns already multiplied by the scales.
  let weight: Tensor
  /// Of the inputs divided by the scales.
  let gram: GramMatrix
  let scheme: QuantizationScheme

  /// A search over all groups of `weight`.
  package init(weight: Tensor, gram: GramMatrix, scheme: QuantizationScheme) {
    self.weight = weight
    self.gram = gram
    self.scheme = scheme
  }

  /// The fitted ranges, row by row.
  package func fitted() -> GroupRanges {
    let columns = GroupColumn.all(of: weight, gram: gram, scheme: scheme) { $0.fitted() }
    return GroupRanges((0..<weight.rowCount).flatMap { row in columns.map { $0[row] } })
  }
}

extension GroupColumn {
  /// The best range of every row.
  fileprivate func fitted() -> [GroupRange] {
    var shrinks = [(low: Float, high: Float)](repeating: (1, 1), count: rows)
    var best = zip(extremes.low, extremes.high).map { GroupRange(low: $0, high: $1) }
    var losses = errors(of: best)
    func consider(_ change: (_ row: Int) -> (low: Float, high: Float)) {
      let tried = (0..<rows).map(change)
      let ranges = tried.enumerated().map { row, shrink in
        GroupRange(low: extremes.low[row] * shrink.low, high: extremes.high[row] * shrink.high)
      }
      for (row, loss) in errors(of: ranges).enumerated() where loss < losses[row] {
        (losses[row], best[row], shrinks[row]) = (loss, ranges[row], tried[row])
      }
    }
    for shrink in RangeSearch.jointShrinks.dropFirst() { consider { _ in (shrink, shrink) } }
    let joint = shrinks
    for factor in RangeSearch.endShrinks { consider { (min(joint[$0].low * factor, 1), joint[$0].high) } }
    let lowered = shrinks
    for factor in RangeSearch.endShrinks { consider { (lowered[$0].low, min(lowered[$0].high * factor, 1)) } }
    for _ in 0..<RangeSearch.refitRounds {
      let ranges = refitted(best)
      for (row, loss) in errors(of: ranges).enumerated() where loss < losses[row] {
        (losses[row], best[row]) = (loss, ranges[row])
      }
    }
    return best
  }

  /// The scale that fits the present codes best: s = (cᵀHw) / (cᵀHc) with c = q − z.
  private func refitted(_ ranges: [GroupRange]) -> [GroupRange] {
    let codes = GroupRanges(ranges).codes(of: weights, groupSize: size)
    var levels = Tensor(zeros: [rows, size])
    for row in 0..<rows {
      let zero = Float(ranges[row].zero)
      for index in row * size..<(row + 1) * size { levels.values[index] = Float(codes[index]) - zero }
    }
    let products = dots(levels, Tensor(shape: [rows, size], values: weights))
    let norms = dots(levels, levels)
    return (0..<rows).map { row in
      let scale = products[row] / norms[row]
      return scale.isFinite && scale > 0 ? ranges[row].with(scale: scale) : ranges[row]
    }
  }
}

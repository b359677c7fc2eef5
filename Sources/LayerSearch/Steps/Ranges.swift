// Fits every group's range: an asymmetric clip under the Hessian of the group itself, then a least-squares scale.
//
// AutoAWQ clips both ends alike and judges by single products; its way is here, too. Ours shrinks the low and the high
// end independently and judges a range by dᵀ·H_gg·d, the output error that the group's rounding errors d cause together.
package import Calibration
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
    var best = zip(extremes.low, extremes.high).map(scheme.range)
    var losses = errors(of: best)
    func consider(_ change: (_ row: Int) -> (low: Float, high: Float)) {
      let tried = (0..<rows).map(change)
      let ranges = tried.enumerated().map { row, shrink in
        scheme.range(low: extremes.low[row] * shrink.low, high: extremes.high[row] * shrink.high)
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
    let codes = GroupRanges(ranges).codes(of: weights, scheme: scheme)
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

/// `_search_best_clip`: ten symmetric limits max·(1 − i/20) per group, judged by the group's own partial products.
struct SymmetricClip {
  static let steps = 10
  let gram: GramMatrix
  let scheme: QuantizationScheme

  /// `weight`, `[out, in]`, clipped and rounded.
  func clipped(_ weight: consuming Tensor) -> QuantizedLinear {
    let columns = GroupColumn.all(of: weight, gram: gram, scheme: scheme) { $0.symmetricLimits(steps: Self.steps) }
    let size = scheme.groupSize, groups = weight.rowWidth / size
    for row in 0..<weight.rowCount {
      for group in 0..<groups {
        let limit = columns[group][row], start = (row * groups + group) * size
        for index in start..<start + size { weight.values[index] = min(max(weight.values[index], -limit), limit) }
      }
    }
    return QuantizedLinear(roundingAsAutoAWQ: weight, scheme: scheme)
  }
}

extension QuantizedLinear {
  /// Plain rounding by AutoAWQ's ranges.
  init(roundingAsAutoAWQ weight: Tensor, scheme: QuantizationScheme) {
    let ranges = GroupRanges(weight, scheme: scheme, make: scheme.autoAWQRange)
    self.init(rounding: weight, ranges: ranges, scheme: scheme)
  }
}

extension GroupColumn {
  /// The limit of every row's weights whose rounding errors cost least; the first of equals.
  fileprivate func symmetricLimits(steps: Int) -> [Float] {
    let largest = zip(extremes.low, extremes.high).map { max(-$0, $1) }
    var limits = largest
    var losses = [Float](repeating: .infinity, count: rows)
    for step in 0..<steps {
      let tried = largest.map { $0 * (1 - Float(step) / 20) }
      var clipped = weights
      for row in 0..<rows {
        let limit = tried[row]
        for index in row * size..<(row + 1) * size { clipped[index] = min(max(clipped[index], -limit), limit) }
      }
      let ranges = (0..<rows).map { row in
        scheme.autoAWQRange(low: max(extremes.low[row], -tried[row]), high: min(extremes.high[row], tried[row]))
      }
      for (row, loss) in errors(of: ranges, rounding: clipped).enumerated() where loss < losses[row] {
        (losses[row], limits[row]) = (loss, tried[row])
      }
    }
    return limits
  }
}

/// One group of input features, for some rows at once: every candidate is one product with the group's Hessian block.
struct GroupColumn {
  /// Rows that one worker takes together: few enough for its cache.
  private static let panelRows = 256

  let scheme: QuantizationScheme
  let rows: Int
  let weights: [Float]
  let block: Tensor
  /// Of every row.
  let extremes: GroupExtremes

  /// Its features.
  var size: Int { scheme.groupSize }

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
          weight, rows: first..<min(weight.rowCount, first + panelRows), gram: gram, scheme: scheme,
          group: index / panels))
    }
    return (0..<groups).map { Array(parts[$0 * panels..<($0 + 1) * panels].joined()) }
  }

  private init(_ weight: Tensor, rows: Range<Int>, gram: GramMatrix, scheme: QuantizationScheme, group: Int) {
    let size = scheme.groupSize, start = group * size
    var weights: [Float] = []
    weights.reserveCapacity(rows.count * size)
    for row in rows {
      let first = row * weight.rowWidth + start
      weights += weight.values[first..<first + size]
    }
    self.scheme = scheme
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
      &delta.values, scales: ranges.map(\.scale), zeros: ranges.map { Float($0.zero) }, groupSize: size,
      maxCode: scheme.maxCode)
    delta = delta - Tensor(shape: [rows, size], values: weights)
    return dots(delta, delta)
  }

  /// aᵀ·H·b of every row.
  func dots(_ a: Tensor, _ b: Tensor) -> [Float] {
    Matmul.product(a, block).rowDots(b).map { Float($0) }
  }
}

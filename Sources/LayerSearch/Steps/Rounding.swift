// Codes chosen together: by error feedback, then by coordinate descent.
package import Calibration
internal import Kernels
package import Quantization
package import Tensors

/// GPTQ (Frantar et al., arXiv 2210.17323) with static groups: ranges are fixed before, columns are visited by falling
/// activation energy ("act-order"), and each column's rounding error is moved onto the columns not yet rounded.
package struct HessianRounding {
  /// Rows rounded together; fixed, so that results do not depend on threads.
  static let panelRows = 64

  private let order: [Int]
  private let upper: [Float]
  private let scheme: QuantizationScheme

  /// Factors a Hessian that is damped already. Nil if it is not positive definite or not finite.
  package init?(gram: GramMatrix, scheme: QuantizationScheme) {
    let diagonal = gram.diagonal
    let order = diagonal.indices.sorted { (diagonal[$0], -$0) > (diagonal[$1], -$1) }
    let size = gram.size
    guard let upper = Cholesky.upperFactorOfInverse(Cholesky.reordered(gram.values, order), size: size)
    else { return nil }
    self.order = order
    self.upper = upper
    self.scheme = scheme
  }

  /// The codes of `weight`, `[out, in]`, on the levels of `ranges`.
  package func codes(of weight: Tensor, ranges: GroupRanges) -> [UInt8] {
    let rows = weight.shape[0]
    let columns = weight.shape[1]
    let panels = Parallel.map((rows + Self.panelRows - 1) / Self.panelRows) { index in
      let start = index * Self.panelRows
      return panelCodes(weight, ranges, rows: start..<min(start + Self.panelRows, rows))
    }
    var codes: [UInt8] = []
    codes.reserveCapacity(rows * columns)
    for panel in panels { codes += panel }
    return codes
  }

  /// Codes of some rows, row-major.
  private func panelCodes(_ weight: Tensor, _ ranges: GroupRanges, rows: Range<Int>) -> [UInt8] {
    let columns = weight.shape[1]
    let groups = columns / scheme.groupSize
    // Lanes beyond the last row repeat nothing: they hold zeros and are dropped.
    let lanes = (rows.count + 7) / 8 * 8
    var panel = [Float](repeating: 0, count: columns * lanes)
    var scales = [Float](repeating: 1, count: columns * lanes)
    var zeros = [Float](repeating: 0, count: columns * lanes)
    for (lane, row) in rows.enumerated() {
      for (position, column) in order.enumerated() {
        let range = ranges.ranges[row * groups + column / scheme.groupSize]
        panel[position * lanes + lane] = weight.values[row * columns + column]
        scales[position * lanes + lane] = range.scale
        zeros[position * lanes + lane] = Float(range.zero)
      }
    }
    let codes = ErrorFeedbackRounding.codes(
      panel: &panel, upper: upper, scales: scales, zeros: zeros, columns: columns, lanes: lanes,
      maxCode: scheme.maxCode)
    var result = [UInt8](repeating: 0, count: rows.count * columns)
    for lane in 0..<rows.count {
      for (position, column) in order.enumerated() { result[lane * columns + column] = codes[position * lanes + lane] }
    }
    return result
  }
}

/// Coordinate descent over the codes: with ranges fixed, each code in turn moves to the level that minimises the row's
/// output error dᵀ·H·d while all others stand. Every move lowers the error, so sweeps go on while they still pay.
package struct CodeDescent {
  /// Sweeps at most, and the least share of codes a sweep must change for another one to follow.
  package static let maxSweeps = 2
  static let minChangedShare = 0.0005

  let gram: GramMatrix
  let scheme: QuantizationScheme

  /// A descent under `gram`.
  package init(gram: GramMatrix, scheme: QuantizationScheme) {
    self.gram = gram
    self.scheme = scheme
  }

  /// Better codes for `weight`, `[out, in]`, on the levels of `ranges`, after at most `sweeps` sweeps.
  package func improved(
    _ codes: [UInt8], weight: Tensor, ranges: GroupRanges, sweeps: Int = maxSweeps
  ) -> [UInt8] {
    var codes = codes, gradient = gradient(of: codes, weight: weight, ranges: ranges)
    descend(&codes, &gradient, ranges: ranges, sweeps: sweeps)
    return codes
  }

  /// H·d of every row, `[out, in]`, with d what `codes` miss of `weight`.
  func gradient(of codes: [UInt8], weight: Tensor, ranges: GroupRanges) -> [Float] {
    let linear = QuantizedLinear(
      codes: codes, ranges: ranges, outFeatures: weight.shape[0], inFeatures: weight.shape[1], scheme: scheme)
    var gradient: [Float] = []
    gradient.reserveCapacity(codes.count)
    for rows in RowPanels.of(weight.rowCount) {
      gradient += gram.times(linear.decoded(rows) - weight.rows(rows)).values
    }
    return gradient
  }

  /// Moves codes whose `gradient` is known, and keeps it up to date.
  func descend(_ codes: inout [UInt8], _ gradient: inout [Float], ranges: GroupRanges, sweeps: Int) {
    let scales = ranges.ranges.map(\.scale), zeros = ranges.ranges.map { Float($0.zero) }
    for _ in 0..<sweeps {
      let changed = LevelRounding.descend(
        codes: &codes, gradient: &gradient, gram: gram.values, scales: scales, zeros: zeros, columns: gram.size,
        groupSize: scheme.groupSize, maxCode: scheme.maxCode)
      guard Double(changed) > Self.minChangedShare * Double(codes.count) else { break }
    }
  }
}

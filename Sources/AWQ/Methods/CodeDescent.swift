// Coordinate descent over the codes: with ranges fixed, each code in turn moves to the level that minimises the row's
// output error dᵀ·H·d while all others stand. Every move lowers the error, so sweeps go on while they still pay.
internal import Kernels
package import Quantization
package import Tensors

/// Polishes codes that another rounding chose.
package struct CodeDescent {
  /// Sweeps at most, and the least share of codes a sweep must change for another one to follow.
  static let maxSweeps = 4
  static let minChangedShare = 0.0005

  let gram: GramMatrix
  let scheme: QuantizationScheme

  /// A descent under `gram`.
  package init(gram: GramMatrix, scheme: QuantizationScheme) {
    self.gram = gram
    self.scheme = scheme
  }

  /// Better codes for `weight`, `[out, in]`, on the levels of `ranges`.
  package func improved(_ codes: [UInt8], weight: Tensor, ranges: GroupRanges) -> [UInt8] {
    let linear = QuantizedLinear(
      codes: codes, ranges: ranges, outFeatures: weight.shape[0], inFeatures: weight.shape[1], scheme: scheme)
    let gradients = gram.times(linear.dequantized() - weight)
    let columns = weight.shape[1]
    var rows = (0..<weight.shape[0]).map { row in
      Row(
        codes: Array(codes[row * columns..<(row + 1) * columns]),
        gradient: Array(gradients.values[row * columns..<(row + 1) * columns]))
    }
    for _ in 0..<Self.maxSweeps {
      let before = rows
      rows = Parallel.map(rows.count) { sweep(before[$0], linear, row: $0) }
      let changed = rows.reduce(0) { $0 + $1.changed }
      guard Double(changed) > Self.minChangedShare * Double(codes.count) else { break }
    }
    return rows.flatMap(\.codes)
  }

  /// A row on its way.
  private struct Row: Sendable {
    var codes: [UInt8]
    /// H·d, kept up to date by the sweeps.
    var gradient: [Float]
    /// Codes that the last sweep changed.
    var changed = 0
  }

  private func sweep(_ row: Row, _ linear: QuantizedLinear, row index: Int) -> Row {
    var row = row
    let groups = index * linear.groupsPerRow..<(index + 1) * linear.groupsPerRow
    row.changed = LevelRounding.descend(
      codes: &row.codes, gradient: &row.gradient, gram: gram.values, scales: linear.scales[groups].map { Float($0) },
      zeros: linear.zeros[groups].map { Float($0) }, groupSize: scheme.groupSize)
    return row
  }
}

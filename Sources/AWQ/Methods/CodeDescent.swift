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
    var linear = QuantizedLinear(
      codes: codes, ranges: ranges, outFeatures: weight.shape[0], inFeatures: weight.shape[1], scheme: scheme)
    for _ in 0..<Self.maxSweeps {
      let changed = sweep(&linear, weight)
      guard Double(changed) > Self.minChangedShare * Double(codes.count) else { break }
    }
    return linear.codes
  }

  /// One sweep over all rows; returns how many codes changed.
  private func sweep(_ linear: inout QuantizedLinear, _ weight: Tensor) -> Int {
    let columns = weight.shape[1]
    let groups = linear.groupsPerRow
    var delta = linear.dequantized()
    delta -= weight
    let gradients = gram.times(delta)
    let source = linear
    let rows = Parallel.map(weight.shape[0]) { row -> (codes: [UInt8], changed: Int) in
      var codes = Array(source.codes[row * columns..<(row + 1) * columns])
      var gradient = Array(gradients.values[row * columns..<(row + 1) * columns])
      let changed = LevelRounding.descend(
        codes: &codes, gradient: &gradient, gram: gram.values,
        scales: source.scales[row * groups..<(row + 1) * groups].map { Float($0) },
        zeros: source.zeros[row * groups..<(row + 1) * groups].map { Float($0) }, groupSize: scheme.groupSize)
      return (codes, changed)
    }
    linear.codes = rows.flatMap(\.codes)
    return rows.reduce(0) { $0 + $1.changed }
  }
}

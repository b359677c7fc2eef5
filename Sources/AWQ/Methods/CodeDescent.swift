// Coordinate descent over the codes: with ranges fixed, each code in turn moves to the level that minimises the row's
// output error dᵀ·H·d while all others stand. Every move lowers the error, so sweeps go on while they still pay.
internal import Kernels
package import Quantization
package import Tensors

/// Polishes codes that another rounding chose.
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
    let linear = QuantizedLinear(
      codes: codes, ranges: ranges, outFeatures: weight.shape[0], inFeatures: weight.shape[1], scheme: scheme)
    var codes = codes
    // H·d of every row, kept up to date by the sweeps.
    var gradient = gram.times(linear.dequantized() - weight).values
    let scales = ranges.ranges.map(\.scale), zeros = ranges.ranges.map { Float($0.zero) }
    for _ in 0..<sweeps {
      let changed = LevelRounding.descend(
        codes: &codes, gradient: &gradient, gram: gram.values, scales: scales, zeros: zeros, columns: weight.shape[1],
        groupSize: scheme.groupSize)
      guard Double(changed) > Self.minChangedShare * Double(codes.count) else { break }
    }
    return codes
  }
}

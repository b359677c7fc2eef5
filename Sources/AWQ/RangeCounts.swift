// What of a linear lies at the borders of the numbers it is written in.
internal import Kernels
package import Quantization
package import Tensors

/// Counts that say where scales and codes could not follow the weights.
public struct RangeCounts: Sendable, Equatable {
  /// Input features that were zero for all fitted tokens: nothing is known of what their weights do.
  public var deadChannels = 0
  /// Groups of which all weights are zero.
  public var zeroGroups = 0
  /// Groups at the smallest scale that is written, half precision's smallest normal value, though not all weights are zero.
  public var smallestScales = 0
  /// Weights more than half a level beyond the ends of their group's range, which the nearest end stands for.
  public var clampedWeights = 0

  /// Nothing out of the ordinary.
  public init() {}

  /// Those of `weight` · diag(`columnScales`) under the ranges of `linear`.
  package init(_ weight: Tensor, columnScales: [Float], linear: QuantizedLinear) {
    let rows = Parallel.map(weight.rowCount) { row in
      Self.counts(
        weight.values[row * weight.rowWidth..<(row + 1) * weight.rowWidth], columnScales, linear,
        firstGroup: row * linear.groupsPerRow)
    }
    zeroGroups = rows.reduce(0) { $0 + $1.zeroGroups }
    clampedWeights = rows.reduce(0) { $0 + $1.clampedWeights }
  }

  /// Those of one row.
  private static func counts(
    _ weights: ArraySlice<Float>, _ columnScales: [Float], _ linear: QuantizedLinear, firstGroup: Int
  ) -> RangeCounts {
    let size = linear.scheme.groupSize
    var counts = RangeCounts()
    for group in 0..<linear.groupsPerRow {
      let scale = Float(linear.scales[firstGroup + group]), zero = Float(linear.zeros[firstGroup + group])
      let lowest = (-0.5 - zero) * scale, highest = (Float(QuantizationScheme.maxCode) + 0.5 - zero) * scale
      var (clamped, isZero) = (0, true)
      for column in group * size..<(group + 1) * size {
        let value = weights[weights.startIndex + column] * columnScales[column]
        if value < lowest || value > highest { clamped += 1 }
        if value != 0 { isZero = false }
      }
      counts.clampedWeights += clamped
      if isZero { counts.zeroGroups += 1 }
    }
    return counts
  }
}

extension QuantizedLinear {
  /// Groups at the smallest scale that is written.
  var smallestScaleCount: Int { scales.count { Float($0) <= QuantizationScheme.minScale } }

  /// Groups whose largest level, or the scale itself, half precision cannot hold.
  var beyondHalfCount: Int {
    scales.count { Float($0) * Float(QuantizationScheme.maxCode) > Float(Float16.greatestFiniteMagnitude) }
  }
}

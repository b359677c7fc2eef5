// What quantizing one linear decided and cost, and what stands out of its inputs and its numbers.
internal import Kernels
package import Quantization
package import Tensors

/// What was decided for one linear, and what it cost.
public struct LinearReport: Sendable {
  /// What the model's files call it.
  public var module: String
  /// Rows.
  public var outFeatures = 0
  /// Columns.
  public var inFeatures = 0
  /// What won: the method's own, for `best` any, or plain rounding where that was not better.
  public var rounding = Rounding.plain
  /// Rule and exponent of the site's scales.
  public var rule = ScaleRule.identity
  /// Exponent of the rule.
  public var ratio = 0.0
  /// Mean squared output per token of the original linear, on the tokens that judge: the held-out ones, or all if none
  /// are.
  public var outputEnergy = 0.0
  /// Mean squared output error of plain rounding, on the same tokens.
  public var errorBefore = 0.0
  /// Mean squared output error as written, on the same tokens; above `errorBefore` only where the method does not guard
  /// against it, see `QuantizationMethod.isGuarded`.
  public var errorAfter = 0.0
  /// The largest |x| seen at the input.
  public var largestInput: Float = 0
  /// The input features that stand out most, largest first.
  public var outlierChannels: [OutlierChannel] = []
  /// What lies at the borders of the numbers it is written in.
  public var counts = RangeCounts()

  /// The remaining squared error as a share of the output's energy.
  public var relativeError: Double { outputEnergy > 0 ? errorAfter / outputEnergy : 0 }
}

extension LinearReport {
  /// A report of `module` that says nothing yet.
  package init(module: String) { self.init(module: module, outFeatures: 0) }
}

/// An input feature that carries far more than the others, which is what makes plain rounding fail.
public struct OutlierChannel: Sendable, Equatable {
  /// Index of the input feature.
  public var channel: Int
  /// Its root mean square over that of the median feature.
  public var ratio: Float

  package init(channel: Int, ratio: Float) {
    self.channel = channel
    self.ratio = ratio
  }

  /// From how many times the median on a feature counts as an outlier, and how many are reported.
  static let threshold: Float = 6
  static let limit = 8

  /// The features of mean square `energy` that stand out most, largest first.
  package static func among(_ energy: [Float]) -> [OutlierChannel] {
    let median = energy.sorted()[energy.count / 2].squareRoot()
    guard median > 0 else { return [] }
    return energy.enumerated()
      .map { OutlierChannel(channel: $0, ratio: $1.squareRoot() / median) }
      .filter { $0.ratio >= threshold }
      .sorted { ($1.ratio, $0.channel) < ($0.ratio, $1.channel) }
      .prefix(limit).map(\.self)
  }
}

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
  package init(_ weight: any WeightMatrix, columnScales: [Float], linear: QuantizedLinear) {
    let rows = Parallel.map(weight.rows) { row in
      var weights = [Float](repeating: 0, count: weight.columns)
      var span = weights.mutableSpan
      weight.decodeRows(row..<row + 1, into: &span)
      return Self.counts(weights[...], columnScales, linear, firstGroup: row * linear.groupsPerRow)
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
      let lowest = (-0.5 - zero) * scale, highest = (Float(linear.scheme.maxCode) + 0.5 - zero) * scale
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
    scales.count { Float($0) * Float(scheme.maxCode) > Float(Float16.greatestFiniteMagnitude) }
  }
}

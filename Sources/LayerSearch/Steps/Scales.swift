// Candidate scales of the AWQ search (Lin et al., "AWQ: Activation-aware Weight Quantization", arXiv 2306.00978), what
// they are made of, and which features must share one so that it can be folded into what comes before.
internal import Calibration
internal import Glibc
internal import Kernels
package import Tensors

/// How a candidate's scales are made from activations and weights.
public enum ScaleRule: String, Sendable, CaseIterable {
  /// All ones: plain rounding.
  case identity
  /// mean|x|^r, the paper's rule.
  case plain
  /// mean|x|^r / w̄^(1−r), AutoAWQ's `duo_scaling`.
  case duo
  /// E[x²]^(r/2): the root mean square follows outliers more closely than the mean.
  case energy
}

/// What the rules need to know of a site: one number per input feature.
package struct ChannelStatistics {
  /// Mean |x|.
  package var meanAbs: [Float]
  /// E[x²].
  package var energy: [Float]
  /// Mean over rows of |w| divided by its group's largest |w|.
  package var weightMean: [Float]

  /// One value per input feature in each.
  package init(meanAbs: [Float], energy: [Float], weightMean: [Float]) {
    self.meanAbs = meanAbs
    self.energy = energy
    self.weightMean = weightMean
  }
}

/// One scale per input feature, and where it comes from.
public struct ScaleCandidate: Sendable, Equatable {
  /// The rule.
  public let rule: ScaleRule
  /// The exponent r, 0...1.
  public let ratio: Double
  /// One positive factor per input feature: weights' columns are multiplied by it, inputs divided.
  public let scales: [Float]

  /// All ones.
  package static func identity(size: Int) -> ScaleCandidate {
    ScaleCandidate(rule: .identity, ratio: 0, scales: [Float](repeating: 1, count: size))
  }

  private init(rule: ScaleRule, ratio: Double, scales: [Float]) {
    self.rule = rule
    self.ratio = ratio
    self.scales = scales
  }

  /// The candidate of `rule` at `ratio`, normalised by √(max·min) as AutoAWQ does.
  ///
  /// Edge cases: features that never carry a signal, and any value that is not finite, get the scale 1.
  package init(_ rule: ScaleRule, ratio: Double, statistics: ChannelStatistics) {
    let exponent = Float(ratio)
    var scales: [Float]
    switch rule {
    case .identity: scales = statistics.meanAbs.map { _ in 1 }
    case .plain: scales = statistics.meanAbs.map { power($0, exponent) }
    case .energy: scales = statistics.energy.map { power($0, exponent / 2) }
    case .duo:
      scales = zip(statistics.meanAbs, statistics.weightMean).map { activation, weight in
        max(power(activation, exponent) / (power(weight, 1 - exponent) + 1e-4), 1e-4)
      }
    }
    for index in scales.indices where statistics.energy[index] == 0 { scales[index] = .nan }
    let live = scales.filter(\.isFinite)
    let norm = ((live.max() ?? 1) * (live.min() ?? 1)).squareRoot()
    self.init(
      rule: rule, ratio: ratio,
      scales: scales.map { $0.isFinite && norm.isFinite && norm > 0 ? clampedScale($0 / norm) : 1 })
  }
}

/// `base` to the power `exponent`, at least 1e-4 as AutoAWQ clamps.
private func power(_ base: Float, _ exponent: Float) -> Float {
  max(Float(pow(Double(base), Double(exponent))), 1e-4)
}

/// Keeps folded norm weights far from the borders of half precision.
private func clampedScale(_ scale: Float) -> Float { min(max(scale, 1e-3), 1e3) }

extension ChannelStatistics {
  /// Mean over all rows of |w| divided by its group's largest |w| (AutoAWQ's `w_mean`).
  package static func weightMean(_ weights: [any WeightMatrix], groupSize: Int) -> [Float] {
    let columns = weights.first?.columns ?? 0
    var sums = [Double](repeating: 0, count: columns)
    for weight in weights {
      for rows in RowPanels.of(weight.rows) {
        add(weight.decoded(rows: rows).values, groupSize: groupSize, to: &sums)
      }
    }
    let rows = weights.reduce(0) { $0 + $1.rows }
    return sums.map { Float($0 / Double(max(rows, 1))) }
  }

  /// Adds |w| divided by its group's largest |w| of every row.
  private static func add(_ weights: [Float], groupSize: Int, to sums: inout [Double]) {
    let extremes = GroupExtremes(weights, groupSize: groupSize)
    for group in 0..<weights.count / groupSize {
      let largest = max(extremes.high[group], -extremes.low[group]) + 1e-6
      let first = group * groupSize % sums.count
      for offset in 0..<groupSize {
        sums[first + offset] += Double(abs(weights[group * groupSize + offset]) / largest)
      }
    }
  }
}

/// How many input features one row of the preceding operation feeds.
///
/// o_proj reads each value channel once per query head of its group, while v_proj computes it once: the query heads of
/// a group have to share a scale. Peers skip o_proj for every GQA model; sharing makes the fold exact.
package struct ChannelPooling: Equatable {
  /// Key/value heads, or 1 where nothing is shared.
  package let heads: Int
  /// Query heads per key/value head; 1 where nothing is shared.
  package let repeats: Int
  /// Width of a head.
  package let width: Int

  /// `heads` groups of `repeats` query heads, each `width` features wide.
  package init(heads: Int, repeats: Int, width: Int) {
    self.heads = heads
    self.repeats = repeats
    self.width = width
  }

  /// No sharing.
  package static func none(size: Int) -> ChannelPooling { ChannelPooling(heads: 1, repeats: 1, width: size) }

  /// The statistics with every shared feature's mean in its place.
  package func pooled(_ statistics: ChannelStatistics) -> ChannelStatistics {
    guard repeats > 1 else { return statistics }
    return ChannelStatistics(
      meanAbs: shareMean(statistics.meanAbs), energy: shareMean(statistics.energy),
      weightMean: shareMean(statistics.weightMean))
  }

  /// One value per row of the preceding operation: the first of each set of equal scales.
  package func folded(_ scales: [Float]) -> [Float] {
    (0..<heads).flatMap { head in
      scales[head * repeats * width..<head * repeats * width + width]
    }
  }

  private func shareMean(_ values: [Float]) -> [Float] {
    var result = values
    for head in 0..<heads {
      for channel in 0..<width {
        let members = (0..<repeats).map { (head * repeats + $0) * width + channel }
        let mean = members.reduce(0) { $0 + values[$1] } / Float(repeats)
        for member in members { result[member] = mean }
      }
    }
    return result
  }
}

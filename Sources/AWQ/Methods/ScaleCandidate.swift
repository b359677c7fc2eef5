// Candidate scales of the AWQ search (Lin et al., "AWQ: Activation-aware Weight Quantization", arXiv 2306.00978).
internal import Glibc

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

// A site under scales, rounded in each of the ways there are.
internal import Calibration
internal import Kernels
internal import ModelConfig
internal import Quantization
internal import Tensors

/// A site's weights times scales, its inputs divided by them: what ranges and codes are found for. Every way to round
/// yields a linear that stands for weight · diag(scales).
struct ScaledSite: Sendable {
  private var site: SiteProblem
  private let scales: [Float]
  /// Of the inputs divided by the scales; nil if nothing is fitted.
  private let gram: GramMatrix?
  /// What error feedback needs; nil where nobody wants it, or the Hessian has no factor.
  private let feedback: Feedback?

  private struct Feedback: Sendable {
    /// Damped.
    let gram: GramMatrix
    let hessian: HessianRounding
  }

  /// - Parameter roundings: The ways to round that will be asked for.
  init(_ site: SiteProblem, _ scale: ScaleCandidate, _ roundings: [Rounding]) {
    self.site = site
    scales = scale.scales
    gram = roundings == [.plain] ? nil : site.statistics.fit.gram.divided(by: scales)
    guard let gram, roundings.contains(.errorFeedback) else {
      feedback = nil
      return
    }
    let damped = gram.damped(by: site.damping)
    feedback = HessianRounding(gram: damped, scheme: site.scheme).map { Feedback(gram: damped, hessian: $0) }
  }

  /// The same scales, and what is known of the inputs under them, for some rows of the weights.
  func with(_ sampled: SiteProblem) -> ScaledSite {
    var result = self
    result.site = sampled
    return result
  }

  /// The linear at `index` of the site, once for each of `roundings`, which are among those it was made for.
  func rounded(_ index: Int, by roundings: [Rounding]) -> [QuantizedLinear] {
    lazy var fitted = FittedLinear(site, site.target(index, columnScales: scales), gram: gram)
    return roundings.map { rounding in
      switch rounding {
      case .plain: QuantizedLinear(rounding: site.weights[index], columnScales: scales, scheme: site.scheme)
      case .clipped: clipped(index)
      case .nearest: fitted.nearest()
      case .errorFeedback: feedback.map { fitted.byErrorFeedback(gram: $0.gram, $0.hessian) } ?? fitted.nearest()
      }
    }
  }

  /// AutoAWQ's choices (casper-hansen/AutoAWQ 88e4c76, `awq/quantize/quantizer.py`): a clip that shrinks both ends of a
  /// group alike; as there, q_proj and k_proj are not clipped.
  private func clipped(_ index: Int) -> QuantizedLinear {
    var scaled = site.weights[index].decoded(columns: 0..<scales.count)
    scaled.multiplyColumns(by: scales)
    guard let gram, site.names[index] != .query, site.names[index] != .key else {
      return QuantizedLinear(roundingAsAutoAWQ: scaled, scheme: site.scheme)
    }
    return SymmetricClip(gram: gram, scheme: site.scheme).clipped(consume scaled)
  }
}

/// A target under scales, with ranges: what both `nearest` and `byErrorFeedback` start from.
private struct FittedLinear {
  private let site: SiteProblem
  private let weight: Tensor
  private let ranges: GroupRanges

  /// - Parameters:
  ///   - weight: The target under scales.
  ///   - gram: Of the inputs divided by them.
  init(_ site: SiteProblem, _ weight: Tensor, gram: GramMatrix?) {
    self.site = site
    self.weight = weight
    if let gram, site.steps.contains(.ranges) {
      ranges = RangeSearch(weight: weight, gram: gram, scheme: site.scheme).fitted()
    } else {
      ranges = GroupRanges(minMax: weight, scheme: site.scheme)
    }
  }

  /// Every code by itself.
  func nearest() -> QuantizedLinear { QuantizedLinear(rounding: weight, ranges: ranges, scheme: site.scheme) }

  /// Codes that make up for each other's errors under `gram`, which is damped.
  func byErrorFeedback(gram: GramMatrix, _ hessian: HessianRounding) -> QuantizedLinear {
    let descent = CodeDescent(gram: gram, scheme: site.scheme), refit = ScaleRefit(gram: gram, scheme: site.scheme)
    let descends = site.steps.contains(.descent), refits = site.steps.contains(.refit)
    var ranges = ranges, codes = hessian.codes(of: weight, ranges: ranges), gradient: [Float] = []
    if descends {
      gradient = descent.gradient(of: codes, weight: weight, ranges: ranges)
      // Before scales are fitted again, one sweep finds most of what there is to find.
      descent.descend(&codes, &gradient, ranges: ranges, sweeps: refits ? 1 : CodeDescent.maxSweeps)
    }
    if refits, descends, refit.movesGradients {
      ranges = refit.refitted(ranges, codes: codes, weight: weight, moving: &gradient)
      descent.descend(&codes, &gradient, ranges: ranges, sweeps: CodeDescent.maxSweeps)
    } else if refits {
      gradient = []
      ranges = refit.refitted(ranges, codes: codes, weight: weight)
      if descends { codes = descent.improved(codes, weight: weight, ranges: ranges) }
    }
    return QuantizedLinear(
      codes: codes, ranges: ranges, outFeatures: weight.shape[0], inFeatures: weight.shape[1], scheme: site.scheme)
  }
}

// A site under scales, rounded in each of the ways there are.
internal import Calibration
internal import Kernels
internal import ModelConfig
internal import Quantization
internal import Tensors

/// A site's weights times scales, its inputs divided by them: what ranges and codes are found for. Every way to round
/// yields a linear that stands for weight · diag(scales).
struct ScaledSite: Sendable {
  private let site: SiteProblem
  private let roundings: [Rounding]
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

  init(_ site: SiteProblem, _ scale: ScaleCandidate, _ roundings: [Rounding]) {
    self.site = site
    self.roundings = roundings
    scales = scale.scales
    gram = roundings == [.plain] ? nil : site.statistics.fit.gram.divided(by: scales)
    guard let gram, roundings.contains(.errorFeedback) else {
      feedback = nil
      return
    }
    let damped = gram.damped(by: site.damping)
    feedback = HessianRounding(gram: damped, scheme: site.scheme).map { Feedback(gram: damped, hessian: $0) }
  }

  /// The linear at `index` of the site, once for each of the roundings.
  func rounded(_ index: Int) -> [QuantizedLinear] {
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
    var ranges = ranges
    var codes = hessian.codes(of: weight, ranges: ranges)
    func descend(sweeps: Int) {
      guard site.steps.contains(.descent) else { return }
      codes = CodeDescent(gram: gram, scheme: site.scheme)
        .improved(codes, weight: weight, ranges: ranges, sweeps: sweeps)
    }
    // Before scales are fitted again, one sweep finds most of what there is to find.
    let refits = site.steps.contains(.refit)
    descend(sweeps: refits ? 1 : CodeDescent.maxSweeps)
    if refits {
      ranges = ScaleRefit(gram: gram, scheme: site.scheme).refitted(ranges, codes: codes, weight: weight)
      descend(sweeps: CodeDescent.maxSweeps)
    }
    return QuantizedLinear(
      codes: codes, ranges: ranges, outFeatures: weight.shape[0], inFeatures: weight.shape[1], scheme: site.scheme)
  }
}

// A site under scales, rounded in each of the ways there are.
internal import Calibration
internal import Kernels
internal import ModelConfig
internal import Quantization
internal import Tensors

/// A site's weights times scales, its inputs divided by them: what ranges and codes are found for. Every way to round
/// yields one linear per weight, in their order, that stands for weight · diag(scales).
struct ScaledSite {
  private let site: SiteProblem
  private let scales: [Float]

  init(_ site: SiteProblem, _ scale: ScaleCandidate) {
    self.site = site
    scales = scale.scales
  }

  /// The linears, once for each of `roundings`.
  func rounded(_ roundings: [Rounding]) -> [[QuantizedLinear]] {
    lazy var fitted = FittedSite(site, scales: scales)
    return roundings.map { rounding in
      switch rounding {
      case .plain: plain()
      case .clipped: clipped()
      case .nearest: fitted.nearest()
      case .errorFeedback: fitted.byErrorFeedback()
      }
    }
  }

  private func plain() -> [QuantizedLinear] {
    site.mapLinears { QuantizedLinear(rounding: site.weights[$0], columnScales: scales, scheme: site.scheme) }
  }

  /// AutoAWQ's choices (casper-hansen/AutoAWQ 88e4c76, `awq/quantize/quantizer.py`): a clip that shrinks both ends of a
  /// group alike; as there, q_proj and k_proj are not clipped.
  private func clipped() -> [QuantizedLinear] {
    let gram = site.statistics.fit.gram.divided(by: scales)
    return zip(site.names, site.weights).map { name, weight in
      let scaled = weight.decoded().columnsMultiplied(by: scales)
      guard name != .query, name != .key else { return QuantizedLinear(roundingAsAutoAWQ: scaled, scheme: site.scheme) }
      return SymmetricClip(weight: scaled, gram: gram, scheme: site.scheme).clipped()
    }
  }
}

/// The targets under scales, with ranges: what both `nearest` and `byErrorFeedback` start from.
private struct FittedSite: Sendable {
  private let site: SiteProblem
  private let scales: [Float]
  private let gram: GramMatrix
  private let ranges: [GroupRanges]

  init(_ site: SiteProblem, scales: [Float]) {
    let gram = site.statistics.fit.gram.divided(by: scales)
    self.site = site
    self.scales = scales
    self.gram = gram
    ranges = site.mapLinears { index in
      let scaled = Self.scaled(site.targets[index], scales)
      return site.steps.contains(.ranges)
        ? RangeSearch(weight: scaled, gram: gram, scheme: site.scheme).fitted()
        : GroupRanges(minMax: scaled, scheme: site.scheme)
    }
  }

  /// Made when it is needed: one linear's takes much memory.
  private static func scaled(_ target: any WeightMatrix, _ scales: [Float]) -> Tensor {
    target.decoded(columns: 0..<target.columns).columnsMultiplied(by: scales)
  }

  /// Every code by itself.
  func nearest() -> [QuantizedLinear] {
    site.mapLinears {
      QuantizedLinear(
        rounding: Self.scaled(site.targets[$0], scales), ranges: ranges[$0], scheme: site.scheme)
    }
  }

  /// Codes that make up for each other's errors; plain ones where the Hessian has no factor.
  func byErrorFeedback() -> [QuantizedLinear] {
    let gram = gram.damped(by: site.damping)
    guard let hessian = HessianRounding(gram: gram, scheme: site.scheme) else { return nearest() }
    return site.mapLinears { index in
      let weight = Self.scaled(site.targets[index], scales)
      var ranges = ranges[index]
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
}

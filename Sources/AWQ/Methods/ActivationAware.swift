// `awq` and `awq+gptq`: scales by activations (Lin et al., "AWQ", arXiv 2306.00978), judged exactly by the Gram matrix;
// ranges fitted under each group's Hessian; then, for `awq+gptq`, codes by error feedback (Frantar et al., "GPTQ",
// arXiv 2210.17323) and coordinate descent, with the group scales fitted once more in between.
internal import Kernels
internal import Quantization
internal import Tensors

/// Scale search and ranges, with codes rounded to nearest or by the Hessian.
struct ActivationAware: SiteMethod {
  /// Whether codes are chosen together rather than one by one.
  let roundsByHessian: Bool

  func scale(of site: SiteProblem) -> ScaleCandidate {
    site.searchesScales ? site.search(for: site.targets).best().candidate : site.identity
  }

  func linears(of site: SiteProblem, scale: ScaleCandidate) -> [QuantizedLinear] {
    let fitted = FittedSite(site, scale: scale)
    return roundsByHessian ? fitted.roundedByHessian() : fitted.rounded()
  }
}

/// The targets under scales, with ranges: what both ways of rounding start from.
struct FittedSite {
  private let scheme: QuantizationScheme
  private let gram: GramMatrix
  private let scaled: [Tensor]
  private let ranges: [GroupRanges]
  private let omitted: Set<QuantizationStep>
  private let damping: Double

  init(_ site: SiteProblem, scale: ScaleCandidate) {
    let gram = site.statistics.fit.gram.divided(by: scale.scales)
    let scaled = site.targets.map { $0.columnsMultiplied(by: scale.scales) }
    scheme = site.scheme
    damping = site.damping
    omitted = site.omitted
    ranges = scaled.map {
      site.omitted.contains(.ranges)
        ? GroupRanges(minMax: $0, scheme: site.scheme)
        : RangeSearch(weight: $0, gram: gram, scheme: site.scheme).fitted()
    }
    self.gram = gram
    self.scaled = scaled
  }

  /// Every code by itself.
  func rounded() -> [QuantizedLinear] {
    zip(scaled, ranges).map { QuantizedLinear(rounding: $0, ranges: $1, scheme: scheme) }
  }

  /// Codes that make up for each other's errors; plain ones where the Hessian has no factor.
  func roundedByHessian() -> [QuantizedLinear] {
    let gram = gram.damped(by: damping)
    guard let hessian = HessianRounding(gram: gram, scheme: scheme) else { return rounded() }
    let descent = CodeDescent(gram: gram, scheme: scheme)
    let refit = ScaleRefit(gram: gram, scheme: scheme)
    return zip(scaled, ranges).map { weight, ranges in
      var ranges = ranges
      var codes = hessian.codes(of: weight, ranges: ranges)
      func descend() {
        if !omitted.contains(.descent) { codes = descent.improved(codes, weight: weight, ranges: ranges) }
      }
      descend()
      if !omitted.contains(.refit) {
        ranges = refit.refitted(ranges, codes: codes, weight: weight)
        descend()
      }
      return QuantizedLinear(
        codes: codes, ranges: ranges, outFeatures: weight.shape[0], inFeatures: weight.shape[1], scheme: scheme)
    }
  }
}

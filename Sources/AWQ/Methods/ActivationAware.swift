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
struct FittedSite: Sendable {
  private let site: SiteProblem
  private let gram: GramMatrix
  private let scaled: [Tensor]
  private let ranges: [GroupRanges]

  init(_ site: SiteProblem, scale: ScaleCandidate) {
    let gram = site.statistics.fit.gram.divided(by: scale.scales)
    let scaled = site.targets.map { $0.columnsMultiplied(by: scale.scales) }
    self.site = site
    ranges = site.mapLinears {
      site.omitted.contains(.ranges)
        ? GroupRanges(minMax: scaled[$0], scheme: site.scheme)
        : RangeSearch(weight: scaled[$0], gram: gram, scheme: site.scheme).fitted()
    }
    self.gram = gram
    self.scaled = scaled
  }

  /// Every code by itself.
  func rounded() -> [QuantizedLinear] {
    site.mapLinears { QuantizedLinear(rounding: scaled[$0], ranges: ranges[$0], scheme: site.scheme) }
  }

  /// Codes that make up for each other's errors; plain ones where the Hessian has no factor.
  func roundedByHessian() -> [QuantizedLinear] {
    let gram = gram.damped(by: site.damping)
    guard let hessian = HessianRounding(gram: gram, scheme: site.scheme) else { return rounded() }
    return site.mapLinears { index in
      let weight = scaled[index]
      var ranges = ranges[index]
      var codes = hessian.codes(of: weight, ranges: ranges)
      func descend(sweeps: Int) {
        guard !site.omitted.contains(.descent) else { return }
        codes = CodeDescent(gram: gram, scheme: site.scheme)
          .improved(codes, weight: weight, ranges: ranges, sweeps: sweeps)
      }
      // Before scales are fitted again, one sweep finds most of what there is to find.
      let refits = !site.omitted.contains(.refit)
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

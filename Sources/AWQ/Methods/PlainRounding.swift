// `rtn`: every weight to the nearest of its group's sixteen levels between the group's extremes.
internal import Kernels
internal import Quantization
internal import Tensors

/// Rounding to nearest; the measure of all other methods.
struct PlainRounding: SiteMethod {
  func scale(of site: SiteProblem) -> ScaleCandidate { site.identity }

  func linears(of site: SiteProblem, scale: ScaleCandidate) -> [QuantizedLinear] {
    site.mapLinears {
      QuantizedLinear(rounding: site.weights[$0].columnsMultiplied(by: scale.scales), scheme: site.scheme)
    }
  }
}

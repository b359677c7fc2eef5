// Quantizes the linears that share one input: scales for the site, then ranges and codes per linear, judged on
// held-out tokens. A linear never ends worse than plain rounding.
internal import Kernels
internal import Quantization
package import Tensors

/// The outcome for one linear.
struct QuantizedCandidate {
  var method: QuantizationMethod
  /// Stands for W·s.
  var linear: QuantizedLinear
  /// Held-out output error.
  var error: Double
}

/// The outcome for a site.
struct SiteOutcome {
  var scale: ScaleCandidate
  /// In the order of the weights given.
  var linears: [QuantizedCandidate]
  /// Held-out error of plain rounding, per linear.
  var roundingErrors: [Double]
  /// Mean squared output of the original linears on held-out tokens.
  var outputEnergies: [Double]
}

/// Searches one site.
struct SiteQuantizer {
  /// The original weights, `[out, in]` each.
  let weights: [Tensor]
  /// What is rounded in their place: the weights, corrected for the drift of the inputs.
  let targets: [Tensor]
  let statistics: SiteStatistics
  let scheme: QuantizationScheme
  let pooling: ChannelPooling
  let method: QuantizationMethod
  /// Whether the site's scales can be folded into what comes before.
  let searchesScales: Bool

  func quantized() -> SiteOutcome {
    let rounded = weights.map { candidate(.rtn, QuantizedLinear(rounding: $0, scheme: scheme), of: $0, scales: nil) }
    let plain = SiteOutcome(
      scale: .identity(size: statistics.fit.gram.size), linears: rounded, roundingErrors: rounded.map(\.error),
      outputEnergies: weights.map { statistics.judge.gram.error(of: $0) })
    guard method != .rtn, !statistics.hasNonFinite, statistics.fit.gram.totalWeight > 0 else { return plain }
    let scaled = outcome(scale: searchedScale(), plain)
    if method == .awqCompat { return scaled }
    let isNeverWorse = zip(scaled.linears, rounded).allSatisfy { $0.error <= $1.error }
    return isNeverWorse ? scaled : fallback(plain)
  }

  /// The method without scales, each linear keeping plain rounding where that is as good.
  private func fallback(_ plain: SiteOutcome) -> SiteOutcome {
    var result = outcome(scale: plain.scale, plain)
    for (index, candidate) in plain.linears.enumerated() where !(result.linears[index].error < candidate.error) {
      result.linears[index] = candidate
    }
    return result
  }

  private func searchedScale() -> ScaleCandidate {
    guard searchesScales else { return .identity(size: statistics.fit.gram.size) }
    let channels = ChannelStatistics(
      meanAbs: statistics.meanAbs, energy: statistics.energy,
      weightMean: ChannelStatistics.weightMean(weights, groupSize: scheme.groupSize))
    let search = ScaleSearch(
      weights: targets, gram: statistics.fit.gram, statistics: channels, scheme: scheme, pooling: pooling)
    return method == .awqCompat ? search.autoAWQ() : search.best().candidate
  }

  private func outcome(scale: ScaleCandidate, _ plain: SiteOutcome) -> SiteOutcome {
    let gram = statistics.fit.gram.divided(by: scale.scales)
    let hessian = method == .awqGPTQ ? HessianRounding(gram: gram, scheme: scheme) : nil
    let linears = zip(weights, targets).map { weight, target in
      let scaled = target.columnsMultiplied(by: scale.scales)
      return candidate(method, quantize(scaled, gram: gram, hessian: hessian), of: weight, scales: scale.scales)
    }
    return SiteOutcome(
      scale: scale, linears: linears, roundingErrors: plain.roundingErrors, outputEnergies: plain.outputEnergies)
  }

  /// Ranges and codes of one scaled weight.
  private func quantize(_ scaled: Tensor, gram: GramMatrix, hessian: HessianRounding?) -> QuantizedLinear {
    guard method != .awqCompat else { return SymmetricClip(weight: scaled, gram: gram, scheme: scheme).clipped() }
    let ranges = RangeSearch(weight: scaled, gram: gram, scheme: scheme).fitted()
    guard let hessian else { return QuantizedLinear(rounding: scaled, ranges: ranges, scheme: scheme) }
    let codes = CodeDescent(gram: gram, scheme: scheme)
      .improved(hessian.codes(of: scaled, ranges: ranges), weight: scaled, ranges: ranges)
    return QuantizedLinear(
      codes: codes, ranges: ranges, outFeatures: scaled.shape[0], inFeatures: scaled.shape[1], scheme: scheme)
  }

  /// Judges a quantization of `weight`·s on held-out tokens, in the coordinates of the original input.
  private func candidate(
    _ method: QuantizationMethod, _ linear: QuantizedLinear, of weight: Tensor, scales: [Float]?
  ) -> QuantizedCandidate {
    var delta = linear.dequantized()
    if let scales { delta = delta.columnsMultiplied(by: scales.map { 1 / $0 }) }
    delta -= weight
    return QuantizedCandidate(method: method, linear: linear, error: statistics.judge.error(of: delta, weight: weight))
  }

}

extension ChannelStatistics {
  /// Mean over all rows of |w| divided by its group's largest |w| (AutoAWQ's `w_mean`).
  package static func weightMean(_ weights: [Tensor], groupSize: Int) -> [Float] {
    let columns = weights.first?.shape[1] ?? 0
    var sums = [Double](repeating: 0, count: columns)
    for weight in weights {
      for start in stride(from: 0, to: weight.values.count, by: groupSize) {
        let group = weight.values[start..<start + groupSize]
        let largest = group.reduce(0) { max($0, abs($1)) } + 1e-6
        for index in group.indices { sums[index % columns] += Double(abs(group[index]) / largest) }
      }
    }
    let rows = weights.reduce(0) { $0 + $1.shape[0] }
    return sums.map { Float($0 / Double(max(rows, 1))) }
  }
}

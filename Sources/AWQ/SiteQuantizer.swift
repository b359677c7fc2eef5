// Quantizes the linears that share one input: the methods make candidates from the fitted tokens, held-out tokens
// choose among them. A linear never ends worse than plain rounding.
internal import Kernels
internal import Quantization
package import Tensors

/// The outcome for one linear.
struct QuantizedCandidate: Sendable {
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

  /// Whether something has to absorb scales.
  var isScaled: Bool { scale.rule != .identity }
}

/// Searches one site.
struct SiteQuantizer {
  let site: SiteProblem
  let method: QuantizationMethod

  /// Scales, and the best linear for each weight under them.
  private struct Option {
    var scale: ScaleCandidate
    var linears: [QuantizedCandidate]

    var error: Double { linears.reduce(0) { $0 + $1.error } }

    /// Each linear the better one of both, under the same scales.
    func merged(_ other: [QuantizedCandidate]) -> Option {
      Option(scale: scale, linears: zip(linears, other).map { $1.error < $0.error ? $1 : $0 })
    }

    func isNeverWorse(than other: Option) -> Bool {
      zip(linears, other.linears).allSatisfy { $0.error <= $1.error }
    }
  }

  func quantized() -> SiteOutcome {
    let chosen = chosen()
    return SiteOutcome(
      scale: chosen.option.scale, linears: chosen.option.linears, roundingErrors: chosen.plain.linears.map(\.error),
      outputEnergies: site.judges.map(\.energy))
  }

  private func chosen() -> (option: Option, plain: Option) {
    let rounding = PlainRounding()
    let plain = Option(
      scale: site.identity, linears: judged(.rtn, rounding.linears(of: site, scale: site.identity), site.identity))
    let gram = site.statistics.fit.gram
    guard method != .rtn, !site.statistics.hasNonFinite, gram.totalWeight > 0 else { return (plain, plain) }
    let options = options()
    // AutoAWQ keeps what it finds.
    if method == .awqCompat { return (options[0], plain) }
    var best = plain
    for option in options where option.isNeverWorse(than: plain) && option.error < best.error { best = option }
    if options.contains(where: { !$0.isNeverWorse(than: plain) }) {
      // Some scales cost a linear more than they win for the others: try without.
      let unscaled = fitted(site.identity).reduce(plain) { $0.merged($1) }
      if unscaled.error < best.error { best = unscaled }
    }
    return (best, plain)
  }

  /// What the method offers beside plain rounding.
  private func options() -> [Option] {
    if method == .awqCompat { return [compatible(AutoAWQ().scale(of: site))] }
    let scale = ActivationAware(roundsByHessian: false).scale(of: site)
    let ways = fitted(scale)
    let own = ways.dropFirst().reduce(Option(scale: scale, linears: ways[0])) { $0.merged($1) }
    guard method == .best else { return [own] }
    let compatible = AutoAWQ().scale(of: site)
    return canBeat(own.error, compatible) ? [own, self.compatible(compatible)] : [own]
  }

  private func compatible(_ scale: ScaleCandidate) -> Option {
    Option(scale: scale, linears: judged(.awqCompat, AutoAWQ().linears(of: site, scale: scale), scale))
  }

  /// Whether AutoAWQ's linears could end below `error`, by what rounding alone costs them on some of their rows.
  ///
  /// Rounding errors hardly correlate with the drift of inputs, so that they add to it: their own share is what at
  /// least remains.
  private func canBeat(_ error: Double, _ scale: ScaleCandidate) -> Bool {
    let samples = site.weights.map { ScaleSearch.judged($0) }
    let inverse = scale.scales.map { 1 / $0 }
    let rounding = SiteMoments(gram: site.statistics.judge.gram)
    var least = 0.0
    for (index, linear) in AutoAWQ().linears(of: site, samples, scale: scale).enumerated() {
      let share = Double(site.weights[index].rowCount) / Double(max(samples[index].rowCount, 1))
      least += share * OutputError(of: samples[index], rounding).error(of: linear, inverseScales: inverse)
    }
    return least < error
  }

  /// The linears of `awq`, `awq+gptq` or, for `best`, both under `scale`.
  private func fitted(_ scale: ScaleCandidate) -> [[QuantizedCandidate]] {
    let fitted = FittedSite(site, scale: scale)
    var ways: [[QuantizedCandidate]] = []
    if method != .awq { ways.append(judged(.awqGPTQ, fitted.roundedByHessian(), scale)) }
    if method != .awqGPTQ { ways.append(judged(.awq, fitted.rounded(), scale)) }
    return ways
  }

  /// Judges quantizations of weight · diag(scales) on held-out tokens, in the coordinates of the original input.
  private func judged(_ method: QuantizationMethod, _ linears: [QuantizedLinear], _ scale: ScaleCandidate)
    -> [QuantizedCandidate]
  {
    let inverse = scale.scales.map { 1 / $0 }
    return site.mapLinears { index in
      QuantizedCandidate(
        method: method, linear: linears[index],
        error: site.judges[index].error(of: linears[index], inverseScales: inverse))
    }
  }
}

extension ChannelStatistics {
  /// Mean over all rows of |w| divided by its group's largest |w| (AutoAWQ's `w_mean`).
  package static func weightMean(_ weights: [Tensor], groupSize: Int) -> [Float] {
    let columns = weights.first?.rowWidth ?? 0
    var sums = [Double](repeating: 0, count: columns)
    for weight in weights {
      let extremes = GroupExtremes(weight.values, groupSize: groupSize)
      for group in 0..<weight.values.count / groupSize {
        let largest = max(extremes.high[group], -extremes.low[group]) + 1e-6
        let first = group * groupSize % columns
        for offset in 0..<groupSize {
          sums[first + offset] += Double(abs(weight.values[group * groupSize + offset]) / largest)
        }
      }
    }
    let rows = weights.reduce(0) { $0 + $1.rowCount }
    return sums.map { Float($0 / Double(max(rows, 1))) }
  }
}

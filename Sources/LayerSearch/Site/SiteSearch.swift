// Quantizes the linears that share one input: a method's contenders are made from the fitted tokens, the tokens that
// judge choose among them and plain rounding.
internal import Calibration
internal import Kernels
internal import Quantization
internal import Tensors

/// One linear of a site, quantized.
struct QuantizedCandidate: Sendable {
  var rounding: Rounding
  /// Stands for W·s.
  var linear: QuantizedLinear
  /// Its output error on the tokens that judge.
  var error: Double
}

/// The outcome for a site.
struct SiteOutcome {
  var scale: ScaleCandidate
  /// In the order of the weights given.
  var linears: [QuantizedCandidate]
  /// Errors of plain rounding, per linear, on the tokens that judge.
  var roundingErrors: [Double]
  /// Mean squared output of the original linears on those tokens.
  var outputEnergies: [Double]
  /// What they would lose with more bits; nil unless that was asked for.
  var raisedErrors: [RaisedErrors]?

  /// Whether something has to absorb scales.
  var isScaled: Bool { scale.rule != .identity }
}

/// Searches one site.
struct SiteSearch {
  let site: SiteProblem
  let method: QuantizationMethod

  /// A linear of the site, rounded in some way, and its output error on the tokens that judge.
  private struct Candidate: Sendable {
    let rounding: Rounding
    /// Nil for plain rounding, which is quickly made again.
    let linear: QuantizedLinear?
    let error: Double
  }

  /// Scales, and the best linear for each weight under them.
  private struct Option {
    let scale: ScaleCandidate
    let linears: [Candidate]

    var error: Double { linears.reduce(0) { $0 + $1.error } }

    /// Each linear the better one of both, under the same scales.
    func merged(_ other: [Candidate]) -> Option {
      Option(scale: scale, linears: zip(linears, other).map { $1.error < $0.error ? $1 : $0 })
    }

    func isNeverWorse(than other: Option) -> Bool {
      zip(linears, other.linears).allSatisfy { $0.error <= $1.error }
    }
  }

  /// What is best for the site.
  func outcome() -> SiteOutcome {
    let plain = Option(
      scale: site.identity,
      linears: site.roundingErrors.map { Candidate(rounding: .plain, linear: nil, error: $0) })
    let chosen = chosen(over: plain)
    let linears = chosen.linears.enumerated().map { index, candidate in
      QuantizedCandidate(
        rounding: candidate.rounding,
        linear: candidate.linear ?? ScaledSite(site, chosen.scale, [.plain]).rounded(index, by: [.plain])[0],
        error: candidate.error)
    }
    return SiteOutcome(
      scale: chosen.scale, linears: linears, roundingErrors: plain.linears.map(\.error),
      outputEnergies: site.judges.map(\.energy), raisedErrors: site.raisedErrors())
  }

  /// The best of plain rounding and what the contenders offer; those after the first only if they have a chance against
  /// it.
  private func chosen(over plain: Option) -> Option {
    guard method.needsCalibration, !site.statistics.hasNonFinite, site.statistics.fit.gram.totalWeight > 0 else {
      return plain
    }
    var best = plain, firstError: Double?, isWorseSomewhere = false
    for contender in method.contenders {
      let scale = site.scale(from: contender.scales)
      if let firstError, !canBeat(firstError, contender, under: scale) { continue }
      let option = Option(scale: scale, linears: self.best(of: contender.roundings, under: scale))
      guard method.isGuarded else { return option }
      firstError = firstError ?? option.error
      if !option.isNeverWorse(than: plain) {
        isWorseSomewhere = true
      } else if option.error < best.error {
        best = option
      }
    }
    if isWorseSomewhere {
      // Some scales cost a linear more than they win for the others: try without.
      let unscaled = plain.merged(self.best(of: method.contenders[0].roundings, under: site.identity))
      if unscaled.error < best.error { best = unscaled }
    }
    return best
  }

  /// Whether a contender could end below `error`, by what rounding alone costs it on some of the rows.
  ///
  /// Rounding errors hardly correlate with the drift of inputs, so that they add to it: their own share is what at
  /// least remains.
  private func canBeat(_ error: Double, _ contender: Contender, under scale: ScaleCandidate) -> Bool {
    let sampled = site.sampled
    let best = SiteSearch(site: sampled, method: method).best(of: contender.roundings, under: scale)
    let least = site.weights.indices.reduce(0.0) { sum, index in
      let share = Double(site.weights[index].rows) / Double(max(sampled.weights[index].rows, 1))
      return sum + share * best[index].error
    }
    return least < error
  }

  /// The best of `roundings` for each linear under `scale`, the first of equals, judged in the coordinates of the original
  /// input. One linear after the other where they are large.
  private func best(of roundings: [Rounding], under scale: ScaleCandidate) -> [Candidate] {
    let inverse = scale.scales.map { 1 / $0 }
    let scaled = ScaledSite(site, scale, roundings)
    let worthTrying = worthTrying(roundings, scaled, inverse)
    return site.mapLinears { index in
      let roundings = worthTrying[index], linears = scaled.rounded(index, by: roundings)
      let errors = site.judges[index].errors(of: linears, inverseScales: inverse)
      let candidates = roundings.indices.map { position in
        Candidate(
          rounding: roundings[position], linear: roundings[position] == .plain ? nil : linears[position],
          error: errors[position])
      }
      return candidates.dropFirst().reduce(candidates[0]) { $1.error < $0.error ? $1 : $0 }
    }
  }

  /// Those of `roundings` that are tried for each linear: of a large one the first, and those that come close to it on
  /// some of its rows.
  private func worthTrying(
    _ roundings: [Rounding], _ scaled: ScaledSite, _ inverse: [Float]
  ) -> [[Rounding]] {
    guard roundings.count > 1, site.weights.contains(where: \.isLarge) else {
      return site.weights.map { _ in roundings }
    }
    let sampled = site.sampled, trial = scaled.with(sampled)
    return site.weights.indices.map { index in
      guard site.weights[index].isLarge else { return roundings }
      let errors = sampled.judges[index].errors(of: trial.rounded(index, by: roundings), inverseScales: inverse)
      return roundings.worthTrying(errors)
    }
  }
}

extension [Rounding] {
  /// How much more than the first one another one may cost some rows and still be tried on all.
  private static var margin: Double { 1.1 }

  /// The first one, and those that come close to it, by what they cost some rows.
  package func worthTrying(_ errors: [Double]) -> [Rounding] {
    indices.filter { $0 == 0 || errors[$0] <= Self.margin * errors[0] }.map { self[$0] }
  }
}

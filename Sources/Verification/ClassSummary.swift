// The verdict over a class of tokens.
internal import Glibc

/// All metrics over one class of tokens, or over all.
public struct ClassSummary: Sendable, Equatable {
  /// KL divergence in nats; lower is better.
  public var divergence: Distribution
  /// How the divergences are spread.
  public var histogram: DivergenceHistogram
  /// Share of positions with the same first choice; higher is better.
  public var sameTop: Estimate
  /// exp of the mean difference of ln p of the following token: perplexity of the quantized model divided by that of
  /// the reference; 1 is no loss.
  public var perplexityRatio: Estimate
  /// Perplexity of the reference.
  public var referencePerplexity: Double
  /// Perplexity of the quantized model.
  public var quantizedPerplexity: Double

  /// Summarises `tokens`; nil if there are none.
  public init?(_ tokens: [TokenStatistics]) {
    guard !tokens.isEmpty else { return nil }
    let samples = tokens.map(\.sample)
    divergence = Distribution(tokens.map(\.divergence), clusters: samples)
    histogram = DivergenceHistogram(tokens.map(\.divergence))
    sameTop = Estimate(tokens.map { $0.hasSameTop ? 1 : 0 }, clusters: samples)
    let predicted = tokens.compactMap { token -> (reference: Double, quantized: Double, sample: Int)? in
      guard let reference = token.referenceLogProbability, let quantized = token.quantizedLogProbability else {
        return nil
      }
      return (reference, quantized, token.sample)
    }
    let clusters = predicted.map(\.sample)
    let loss = Estimate(predicted.map { $0.reference - $0.quantized }, clusters: clusters)
    let ratio = exp(loss.mean)
    perplexityRatio = Estimate(mean: ratio, standardError: ratio * loss.standardError)
    referencePerplexity = exp(-Estimate(predicted.map(\.reference), clusters: clusters).mean)
    quantizedPerplexity = exp(-Estimate(predicted.map(\.quantized), clusters: clusters).mean)
  }
}

extension Estimate {
  package init(mean: Double, standardError: Double) {
    self.mean = mean
    self.standardError = standardError
  }
}

// Finds the scales of one input site. Every candidate costs one product with the Gram matrix, however many tokens
// were seen: loss(s) = Σ over linears of tr(ΔW·H·ΔWᵀ), ΔW = Q(W·s)/s − W.
internal import Kernels
internal import Quantization
internal import Tensors

/// A coarse-to-fine search over rules and ratios.
struct ScaleSearch {
  /// Ratios tried with every rule.
  static let coarseRatios = [0.2, 0.4, 0.6, 0.8, 1.0]
  /// Steps around the best coarse ratio, in turn.
  static let refinements = [0.1, 0.05]
  /// At most this many rows of a linear judge a candidate: evenly spread, the same for all candidates.
  static let judgedRows = 128

  let gram: GramMatrix
  let statistics: ChannelStatistics
  let scheme: QuantizationScheme
  /// Maps the scales the rules give to those the site can fold; see `ChannelPooling`.
  let pooling: ChannelPooling
  private let samples: [Tensor]
  private let linearWeights: [Double]

  /// - Parameter weights: the linears that share this input, each `[out, in]`.
  init(
    weights: [Tensor], gram: GramMatrix, statistics: ChannelStatistics, scheme: QuantizationScheme,
    pooling: ChannelPooling
  ) {
    self.gram = gram
    self.statistics = pooling.pooled(statistics)
    self.scheme = scheme
    self.pooling = pooling
    samples = weights.map { $0.spreadRows(atMost: Self.judgedRows) }
    linearWeights = zip(weights, samples).map { Double($0.shape[0]) / Double(max($1.shape[0], 1)) }
  }

  /// The best candidate of all rules; identity is always among them.
  func best() -> (candidate: ScaleCandidate, loss: Double) {
    let identity = ScaleCandidate.identity(size: gram.size)
    var best = (candidate: identity, loss: loss(of: identity.scales))
    for rule in [ScaleRule.plain, .duo, .energy] {
      // At ratio 0 the duo rule still has its weights' part; the others are the identity.
      let ratios = rule == .duo ? [0] + Self.coarseRatios : Self.coarseRatios
      for ratio in ratios { consider(rule, ratio, &best) }
    }
    for step in Self.refinements where best.candidate.rule != .identity {
      let center = best.candidate
      for ratio in [center.ratio - step, center.ratio + step] where (0...1).contains(ratio) {
        consider(center.rule, ratio, &best)
      }
    }
    return best
  }

  private func consider(_ rule: ScaleRule, _ ratio: Double, _ best: inout (candidate: ScaleCandidate, loss: Double)) {
    let candidate = ScaleCandidate(rule, ratio: ratio, statistics: statistics)
    let loss = loss(of: candidate.scales)
    // A loss that is not finite never wins.
    if loss < best.loss { best = (candidate, loss) }
  }

  /// The output error of plain rounding under `scales`, estimated on the judged rows.
  func loss(of scales: [Float]) -> Double {
    zip(samples, linearWeights).reduce(0) { sum, sample in
      let delta = roundingError(of: sample.0, scales: scales)
      return sum + sample.1 * gram.error(of: delta)
    }
  }

  /// Q(W·s)/s − W.
  private func roundingError(of weight: Tensor, scales: [Float]) -> Tensor {
    let rounded = QuantizedLinear(rounding: weight.columnsMultiplied(by: scales), scheme: scheme).dequantized()
    var delta = rounded.columnsMultiplied(by: scales.map { 1 / $0 })
    delta -= weight
    return delta
  }
}

extension Tensor {
  /// At most `limit` rows, evenly spread; all of them if there are no more.
  func spreadRows(atMost limit: Int) -> Tensor {
    guard rowCount > limit else { return self }
    var picked: [Float] = []
    picked.reserveCapacity(limit * rowWidth)
    for index in 0..<limit {
      let row = index * rowCount / limit
      picked += values[row * rowWidth..<(row + 1) * rowWidth]
    }
    return Tensor(shape: [limit, rowWidth], values: picked)
  }
}

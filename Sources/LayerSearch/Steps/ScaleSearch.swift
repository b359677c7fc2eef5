// Finds the scales of one input site. Every candidate costs one product with the Gram matrix, however many tokens
// were seen: loss(s) = Σ over linears of tr(ΔW·H·ΔWᵀ), ΔW = Q(W·s)/s − W.
internal import Calibration
internal import Kernels
internal import Quantization
internal import Tensors

/// A coarse-to-fine search over rules and ratios.
struct ScaleSearch: Sendable {
  /// Ratios tried with every rule.
  static let coarseRatios = [0.2, 0.4, 0.6, 0.8, 1.0]
  /// Steps around the best coarse ratio, in turn.
  static let refinements = [0.1, 0.05]
  /// So many rows of a linear judge a candidate, or as many as have so many weights: evenly spread, the same for all
  /// candidates.
  static let judgedRows = 32, judgedWeights = 1 << 15

  let gram: GramMatrix
  let statistics: ChannelStatistics
  let scheme: QuantizationScheme
  /// Maps the scales the rules give to those the site can fold; see `ChannelPooling`.
  let pooling: ChannelPooling
  /// The judged rows of all linears, one below the other: one product with the Gram matrix serves them all.
  private let samples: Tensor
  /// How many rows of its linear each of them stands for.
  private let rowWeights: [Double]

  /// - Parameters:
  ///   - samples: the judged rows of each linear that shares this input, `[rows, in]`.
  ///   - rowCounts: of the linears.
  init(
    samples: [Tensor], rowCounts: [Int], gram: GramMatrix, statistics: ChannelStatistics, scheme: QuantizationScheme,
    pooling: ChannelPooling
  ) {
    self.gram = gram
    self.statistics = pooling.pooled(statistics)
    self.scheme = scheme
    self.pooling = pooling
    self.samples = Tensor(
      shape: [samples.reduce(0) { $0 + $1.rowCount }, gram.size], values: samples.flatMap(\.values))
    rowWeights = zip(rowCounts, samples).flatMap { rows, judged in
      [Double](repeating: Double(rows) / Double(max(judged.rowCount, 1)), count: judged.rowCount)
    }
  }

  /// The rows of `weight` that judge.
  static func judged(_ weight: any WeightMatrix, rows: Int = judgedRows) -> Tensor {
    weight.spreadRows(atMost: max(rows, judgedWeights / max(weight.columns, 1)))
  }

  /// The best candidate of all rules; identity is always among them.
  func best() -> (candidate: ScaleCandidate, loss: Double) {
    var candidates = [ScaleCandidate.identity(size: gram.size)]
    for rule in [ScaleRule.plain, .duo, .energy] {
      // At ratio 0 the duo rule still has its weights' part; the others are the identity.
      let ratios = rule == .duo ? [0] + Self.coarseRatios : Self.coarseRatios
      candidates += ratios.map { ScaleCandidate(rule, ratio: $0, statistics: statistics) }
    }
    var best = best(of: candidates)
    for step in Self.refinements where best.candidate.rule != .identity {
      let center = best.candidate
      let ratios = [center.ratio - step, center.ratio + step].filter { (0...1).contains($0) }
      let closer = self.best(of: ratios.map { ScaleCandidate(center.rule, ratio: $0, statistics: statistics) })
      if closer.loss < best.loss { best = closer }
    }
    return best
  }

  /// AutoAWQ's grid: the duo rule at ratios 0, 0.05 … 0.95 without the identity; the first of the best wins.
  func autoAWQ() -> ScaleCandidate {
    let candidates = (0..<20).map { ScaleCandidate(.duo, ratio: Double($0) / 20, statistics: statistics) }
    return best(of: candidates).candidate
  }

  /// The first of the best of `candidates`, of which there is at least one. A loss that is not finite never wins.
  func best(of candidates: [ScaleCandidate]) -> (candidate: ScaleCandidate, loss: Double) {
    let losses = losses(of: candidates)
    var best = (candidate: candidates[0], loss: losses[0])
    for (candidate, loss) in zip(candidates, losses) where loss < best.loss { best = (candidate, loss) }
    return best
  }

  /// The output errors of plain rounding under the candidates' scales, estimated on the judged rows.
  private func losses(of candidates: [ScaleCandidate]) -> [Double] {
    Parallel.mapPieces(candidates.count) { index in
      let errors = gram.rowErrors(of: roundingError(of: samples, scales: candidates[index].scales))
      return zip(rowWeights, errors).reduce(0) { $0 + $1.0 * $1.1 } / max(gram.totalWeight, .leastNormalMagnitude)
    }
  }

  /// Q(W·s)/s − W.
  private func roundingError(of weight: Tensor, scales: [Float]) -> Tensor {
    var rounded = weight.columnsMultiplied(by: scales)
    GroupRanges(minMax: rounded, scheme: scheme).round(&rounded.values, scheme: scheme)
    return rounded.columnsMultiplied(by: scales.map { 1 / $0 }, minus: weight)
  }
}

extension WeightMatrix {
  /// At most `limit` rows, evenly spread; all of them if there are no more.
  fileprivate func spreadRows(atMost limit: Int) -> Tensor {
    guard rows > limit else { return decoded() }
    let picked = (0..<limit).flatMap { index in
      let row = index * rows / limit
      return decoded(rows: row..<row + 1).values
    }
    return Tensor(shape: [limit, columns], values: picked)
  }
}

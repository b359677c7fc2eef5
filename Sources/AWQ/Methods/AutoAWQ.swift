// `awq-compat`: AutoAWQ's own choices (casper-hansen/AutoAWQ 88e4c76, `awq/quantize/quantizer.py`), for comparison:
// 20 duo ratios 0, 0.05 … 0.95 without the identity, then a clip that shrinks both ends of a group alike. As there,
// q_proj and k_proj are not clipped, and o_proj gets no scales where query heads share key/value heads. Unlike there,
// scales are judged by the outputs of the linears, not of the whole attention or MLP.
internal import Kernels
internal import ModelConfig
internal import Quantization
internal import Tensors

/// AutoAWQ's grid and clip.
struct AutoAWQ: SiteMethod {
  func scale(of site: SiteProblem) -> ScaleCandidate {
    guard site.searchesScales, site.pooling.repeats == 1 else { return site.identity }
    return site.search(for: site.weights).autoAWQ()
  }

  func linears(of site: SiteProblem, scale: ScaleCandidate) -> [QuantizedLinear] {
    let gram = site.statistics.fit.gram.divided(by: scale.scales)
    return zip(site.names, site.weights).map { name, weight in
      let scaled = weight.columnsMultiplied(by: scale.scales)
      guard name != .query, name != .key else { return QuantizedLinear(roundingAsAutoAWQ: scaled, scheme: site.scheme) }
      return SymmetricClip(weight: scaled, gram: gram, scheme: site.scheme).clipped()
    }
  }
}

extension ScaleSearch {
  /// AutoAWQ's grid: the first of the best ratios wins.
  func autoAWQ() -> ScaleCandidate {
    var best = ScaleCandidate(.duo, ratio: 0, statistics: statistics)
    var bestLoss = loss(of: best.scales)
    for step in 1..<20 {
      let candidate = ScaleCandidate(.duo, ratio: Double(step) / 20, statistics: statistics)
      let loss = loss(of: candidate.scales)
      if loss < bestLoss { (best, bestLoss) = (candidate, loss) }
    }
    return best
  }
}

/// `_search_best_clip`: ten symmetric limits max·(1 − i/20) per group, judged by the group's own partial products.
struct SymmetricClip {
  static let steps = 10
  let weight: Tensor
  let gram: GramMatrix
  let scheme: QuantizationScheme

  func clipped() -> QuantizedLinear {
    let size = scheme.groupSize, columns = weight.shape[1]
    let limits = Parallel.map(columns / size) {
      GroupColumn(weight, gram: gram, scheme: scheme, group: $0).symmetricLimits(steps: Self.steps)
    }
    var clipped = weight
    for index in clipped.values.indices {
      let limit = limits[index % columns / size][index / columns]
      clipped.values[index] = min(max(clipped.values[index], -limit), limit)
    }
    return QuantizedLinear(roundingAsAutoAWQ: clipped, scheme: scheme)
  }
}

extension QuantizedLinear {
  /// Plain rounding by AutoAWQ's ranges.
  init(roundingAsAutoAWQ weight: Tensor, scheme: QuantizationScheme) {
    let ranges = GroupRanges(weight, scheme: scheme, make: GroupRange.autoAWQ)
    self.init(rounding: weight, ranges: ranges, scheme: scheme)
  }
}

extension GroupColumn {
  /// The limit of every row's weights whose rounding errors cost least; the first of equals.
  fileprivate func symmetricLimits(steps: Int) -> [Float] {
    let largest = extremes.map { max(-$0.low, $0.high) }
    var limits = largest
    var losses = [Float](repeating: .infinity, count: rows)
    for step in 0..<steps {
      let tried = largest.map { $0 * (1 - Float(step) / 20) }
      var clipped = weights
      for index in clipped.indices {
        clipped[index] = min(max(clipped[index], -tried[index / size]), tried[index / size])
      }
      let ranges = (0..<rows).map { row in
        let group = clipped[row * size..<(row + 1) * size]
        return GroupRange.autoAWQ(low: group.min() ?? 0, high: group.max() ?? 0)
      }
      for (row, loss) in errors(of: ranges, rounding: clipped).enumerated() where loss < losses[row] {
        (losses[row], limits[row]) = (loss, tried[row])
      }
    }
    return limits
  }
}

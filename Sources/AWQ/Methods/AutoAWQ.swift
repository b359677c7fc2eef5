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
    // Nothing later makes up for its scales, so that more rows judge them.
    return site.search(for: site.weights, judgedRows: 64).autoAWQ()
  }

  func linears(of site: SiteProblem, scale: ScaleCandidate) -> [QuantizedLinear] {
    linears(of: site, site.weights, scale: scale)
  }

  /// The same for `weights`, the site's or some rows of each.
  func linears(of site: SiteProblem, _ weights: [Tensor], scale: ScaleCandidate) -> [QuantizedLinear] {
    let gram = site.statistics.fit.gram.divided(by: scale.scales)
    return zip(site.names, weights).map { name, weight in
      let scaled = weight.columnsMultiplied(by: scale.scales)
      guard name != .query, name != .key else { return QuantizedLinear(roundingAsAutoAWQ: scaled, scheme: site.scheme) }
      return SymmetricClip(weight: scaled, gram: gram, scheme: site.scheme).clipped()
    }
  }
}

extension ScaleSearch {
  /// AutoAWQ's grid: the first of the best ratios wins.
  func autoAWQ() -> ScaleCandidate {
    let candidates = (0..<20).map { ScaleCandidate(.duo, ratio: Double($0) / 20, statistics: statistics) }
    return best(of: candidates).candidate
  }
}

/// `_search_best_clip`: ten symmetric limits max·(1 − i/20) per group, judged by the group's own partial products.
struct SymmetricClip {
  static let steps = 10
  let weight: Tensor
  let gram: GramMatrix
  let scheme: QuantizationScheme

  func clipped() -> QuantizedLinear {
    let columns = GroupColumn.all(of: weight, gram: gram, scheme: scheme) { $0.symmetricLimits(steps: Self.steps) }
    var clipped = weight
    let size = scheme.groupSize, groups = weight.rowWidth / size
    for row in 0..<weight.rowCount {
      for group in 0..<groups {
        let limit = columns[group][row], start = (row * groups + group) * size
        for index in start..<start + size { clipped.values[index] = min(max(clipped.values[index], -limit), limit) }
      }
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
    let largest = zip(extremes.low, extremes.high).map { max(-$0, $1) }
    var limits = largest
    var losses = [Float](repeating: .infinity, count: rows)
    for step in 0..<steps {
      let tried = largest.map { $0 * (1 - Float(step) / 20) }
      var clipped = weights
      for row in 0..<rows {
        let limit = tried[row]
        for index in row * size..<(row + 1) * size { clipped[index] = min(max(clipped[index], -limit), limit) }
      }
      let ranges = (0..<rows).map { row in
        GroupRange.autoAWQ(low: max(extremes.low[row], -tried[row]), high: min(extremes.high[row], tried[row]))
      }
      for (row, loss) in errors(of: ranges, rounding: clipped).enumerated() where loss < losses[row] {
        (losses[row], limits[row]) = (loss, tried[row])
      }
    }
    return limits
  }
}

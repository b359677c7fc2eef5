// AutoAWQ's own choices (casper-hansen/AutoAWQ 88e4c76, `awq/quantize/quantizer.py`), for comparison: 20 duo ratios
// 0, 0.05 … 0.95 without the identity, then a clip that shrinks both ends of a group alike.
internal import Kernels
internal import Quantization
internal import Tensors

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
    let size = scheme.groupSize
    let columns = weight.shape[1]
    let groups = columns / size
    let blocks = (0..<groups).map { GramBlock(gram, from: $0 * size, count: size) }
    let best = Parallel.map(weight.shape[0]) { row in
      (0..<groups).map { group in
        bestRange(
          Array(weight.values[row * columns + group * size..<row * columns + (group + 1) * size]), blocks[group])
      }
    }
    var clippedWeight = weight
    for (row, ranges) in best.enumerated() {
      for (group, limit) in ranges.enumerated() {
        for index in row * columns + group * size..<row * columns + (group + 1) * size {
          clippedWeight.values[index] = min(max(weight.values[index], -limit), limit)
        }
      }
    }
    let ranges = GroupRanges(clippedWeight, scheme: scheme, make: GroupRange.autoAWQ)
    return QuantizedLinear(rounding: clippedWeight, ranges: ranges, scheme: scheme)
  }

  /// The limit of one group whose rounding errors cost least.
  private func bestRange(_ group: [Float], _ block: GramBlock) -> Float {
    let largest = group.reduce(0) { max($0, abs($1)) }
    var best = (limit: largest, loss: Double.infinity)
    for step in 0..<Self.steps {
      let limit = largest * (1 - Float(step) / 20)
      let clipped = group.map { min(max($0, -limit), limit) }
      let range = GroupRange.autoAWQ(low: clipped.min() ?? 0, high: clipped.max() ?? 0)
      let loss = block.error(of: zip(clipped, group).map { range.rounded($0) - $1 })
      if loss < best.loss { best = (limit, loss) }
    }
    return best.limit
  }
}

/// One group's block of a Gram matrix.
private struct GramBlock {
  let size: Int
  let values: [Float]

  init(_ gram: GramMatrix, from start: Int, count: Int) {
    size = count
    values = gram.block(from: start, count: count)
  }

  /// dᵀ·H·d.
  func error(of delta: [Float]) -> Double {
    var sum = 0.0
    for row in 0..<size {
      var product: Float = 0
      for column in 0..<size { product += values[row * size + column] * delta[column] }
      sum += Double(product * delta[row])
    }
    return sum
  }
}

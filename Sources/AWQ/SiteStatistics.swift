// What the tokens of the calibration set say about one input site.
internal import Kernels
internal import Tensors

/// Statistics of the inputs `[tokens, size]` of one site.
struct SiteStatistics {
  /// Gram matrix of the tokens that scales and codes are fitted to.
  var fit: GramMatrix
  /// The matrix that judges: tokens kept aside, so that nothing is chosen by the tokens it was fitted to; the fitted
  /// tokens if none were kept aside.
  var judge: GramMatrix
  /// Mean |x| per feature, over the fitted tokens.
  var meanAbs: [Float]
  /// The largest |x| seen, for the range of half precision.
  var largest: Float
  /// Whether a NaN or an infinity was seen.
  var hasNonFinite: Bool

  /// E[x²] per feature.
  var energy: [Float] { fit.diagonal.map { Float(Double($0) / max(fit.totalWeight, .leastNormalMagnitude)) } }
}

/// Sums over tokens, in double precision and in the order of samples.
struct SiteSums {
  private let size: Int
  private var fit: WeightedSums
  private var heldOut: WeightedSums
  private var absolute: [Double]
  private var largest: Float = 0
  private var hasNonFinite = false

  init(size: Int) {
    self.size = size
    fit = WeightedSums(size: size)
    heldOut = WeightedSums(size: 0)
    absolute = [Double](repeating: 0, count: size)
  }

  /// Adds the tokens of one sample.
  /// - Parameters:
  ///   - inputs: `[tokens, size]`.
  ///   - weights: One weight per token.
  mutating func add(_ inputs: Tensor, weights: [Float], heldOut isHeldOut: Bool) {
    scan(inputs)
    if isHeldOut {
      if heldOut.products.isEmpty { heldOut = WeightedSums(size: size) }
      heldOut.add(inputs, weights: weights)
      return
    }
    fit.add(inputs, weights: weights)
    for (token, weight) in weights.enumerated() {
      for index in 0..<size { absolute[index] += Double(weight * abs(inputs.values[token * size + index])) }
    }
  }

  /// The statistics of everything added.
  var statistics: SiteStatistics {
    let fitted = fit.gram(size: size)
    return SiteStatistics(
      fit: fitted, judge: heldOut.totalWeight > 0 ? heldOut.gram(size: size) : fitted,
      meanAbs: absolute.map { Float($0 / max(fit.totalWeight, .leastNormalMagnitude)) }, largest: largest,
      hasNonFinite: hasNonFinite)
  }

  private mutating func scan(_ inputs: Tensor) {
    for value in inputs.values {
      if value.isFinite { largest = max(largest, abs(value)) } else { hasNonFinite = true }
    }
  }
}

/// Σ w·x xᵀ and Σ w.
private struct WeightedSums {
  var products: [Double]
  var totalWeight = 0.0

  init(size: Int) { products = [Double](repeating: 0, count: size * size) }

  mutating func add(_ inputs: Tensor, weights: [Float]) {
    Gram.accumulate(inputs, weights: weights, into: &products)
    totalWeight += weights.reduce(0) { $0 + Double($1) }
  }

  func gram(size: Int) -> GramMatrix {
    GramMatrix(size: size, values: products.map { Float($0) }, totalWeight: totalWeight)
  }
}

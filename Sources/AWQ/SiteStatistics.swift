// What the tokens of the calibration set say about one input site.
internal import Kernels
package import Tensors

/// Statistics of the inputs `[tokens, size]` of one site.
package struct SiteStatistics {
  /// The tokens that scales and codes are fitted to.
  package var fit: SiteMoments
  /// The tokens that judge: kept aside, so that nothing is chosen by the tokens it was fitted to; the fitted ones if
  /// none were kept aside.
  package var judge: SiteMoments
  /// Mean |x| per feature, over the fitted tokens.
  package var meanAbs: [Float]
  /// The largest |x| seen, for the range of half precision.
  package var largest: Float
  /// Whether a NaN or an infinity was seen.
  package var hasNonFinite: Bool

  /// E[x²] per feature.
  package var energy: [Float] {
    fit.gram.diagonal.map { Float(Double($0) / max(fit.gram.totalWeight, .leastNormalMagnitude)) }
  }
}

/// Second moments of a site's inputs: those the quantized layers before it give, and how they differ from the
/// original model's.
package struct SiteMoments {
  /// H = Σ w·x̃ᵀx̃ over the inputs x̃ that the site will see.
  package var gram: GramMatrix
  /// How errors before the site change its task; nil where the inputs are the original ones.
  package var drift: Drift?

  /// With x the original input: what x − x̃ adds to the error.
  package struct Drift {
    /// Σ w·x̃ᵀ(x − x̃), `[size, size]`.
    package var cross: Tensor
    /// Σ w·(x − x̃)ᵀ(x − x̃); nil for tokens that do not judge, which need no absolute errors.
    package var gram: GramMatrix?
  }

  /// The mean over tokens of ‖x̃·Ŵᵀ − x·Wᵀ‖², with Ŵ = W + `delta`.
  ///
  /// = tr(D·H·Dᵀ) − 2 tr(D·C·Wᵀ) + tr(W·E·Wᵀ), with the drift's cross C and gram E.
  package func error(of delta: Tensor, weight: Tensor) -> Double {
    let own = gram.error(of: delta)
    guard let drift else { return own }
    let mixed = Matmul.product(delta, drift.cross).rowDots(weight).reduce(0, +)
    let constant = drift.gram?.error(of: weight) ?? 0
    return own - 2 * mixed / max(gram.totalWeight, .leastNormalMagnitude) + constant
  }
}

/// Sums over tokens, in double precision and in the order of samples.
package struct SiteSums {
  private var fit: MomentSums
  private var heldOut: MomentSums
  private var absolute: [Double]
  private var largest: Float = 0
  private var hasNonFinite = false

  package init(size: Int, hasHeldOut: Bool) {
    // Without tokens kept aside the fitted ones judge.
    fit = MomentSums(size: size, judges: !hasHeldOut)
    heldOut = MomentSums(size: size, judges: true)
    absolute = [Double](repeating: 0, count: size)
  }

  /// Adds the tokens of one sample.
  /// - Parameters:
  ///   - inputs: What the site will see, `[tokens, size]`.
  ///   - original: What it sees in the original model; nil if that is the same.
  ///   - weights: One weight per token.
  package mutating func add(_ inputs: Tensor, original: Tensor?, weights: [Float], heldOut isHeldOut: Bool) {
    let magnitudes = inputs.columnMagnitudes(weights: weights)
    for magnitude in magnitudes.largest {
      if magnitude.isFinite { largest = max(largest, magnitude) } else { hasNonFinite = true }
    }
    if isHeldOut {
      heldOut.add(inputs, original: original, weights: weights)
      return
    }
    fit.add(inputs, original: original, weights: weights)
    for index in absolute.indices { absolute[index] += magnitudes.sum[index] }
  }

  /// The statistics of everything added.
  package var statistics: SiteStatistics {
    let fitted = fit.moments
    return SiteStatistics(
      fit: fitted, judge: heldOut.totalWeight > 0 ? heldOut.moments : fitted,
      meanAbs: absolute.map { Float($0 / max(fit.totalWeight, .leastNormalMagnitude)) }, largest: largest,
      hasNonFinite: hasNonFinite)
  }
}

/// The sums behind `SiteMoments`; storage is taken when the first sample comes.
private struct MomentSums {
  private let size: Int
  private let judges: Bool
  private var products: [Double] = []
  private var cross: [Double] = []
  private var drift: [Double] = []
  private(set) var totalWeight = 0.0

  init(size: Int, judges: Bool) {
    self.size = size
    self.judges = judges
  }

  mutating func add(_ inputs: Tensor, original: Tensor?, weights: [Float]) {
    reserve(&products)
    Gram.accumulate(inputs, weights: weights, into: &products)
    totalWeight += weights.reduce(0) { $0 + Double($1) }
    guard var difference = original else { return }
    difference -= inputs
    reserve(&cross)
    Gram.accumulateCross(inputs, difference, weights: weights, into: &cross)
    guard judges else { return }
    reserve(&drift)
    Gram.accumulate(difference, weights: weights, into: &drift)
  }

  var moments: SiteMoments {
    SiteMoments(
      gram: matrix(products),
      drift: cross.isEmpty
        ? nil
        : SiteMoments.Drift(
          cross: Tensor(shape: [size, size], values: cross.map { Float($0) }), gram: judges ? matrix(drift) : nil))
  }

  private func matrix(_ sums: [Double]) -> GramMatrix {
    let values = sums.isEmpty ? [Float](repeating: 0, count: size * size) : sums.map { Float($0) }
    return GramMatrix(size: size, values: values, totalWeight: totalWeight)
  }

  private func reserve(_ sums: inout [Double]) {
    if sums.isEmpty { sums = [Double](repeating: 0, count: size * size) }
  }
}

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
    /// Of the residual stream that the outputs are added to.
    package var residual: Residual?
  }

  /// With r what the residual stream before the site has lost: the outputs are to make up for it.
  package struct Residual {
    /// Σ w·rᵀx̃, `[hidden, size]`.
    package var inputs: Tensor
    /// Σ w·rᵀ(x − x̃), `[hidden, size]`; nil for tokens that do not judge.
    package var drift: Tensor?
    /// Σ w·‖r‖².
    package var energy: Double
  }

  /// The mean over tokens of ‖x̃·Ŵᵀ − x·Wᵀ − r‖², with Ŵ = W + `delta`.
  ///
  /// = tr(D·H·Dᵀ) − 2 tr(D·(C·Wᵀ + Rᵀ)) + tr(W·E·Wᵀ) + 2 tr(W·Sᵀ) + Σ‖r‖², with the drift's cross C and gram E, and
  /// R = Σ rᵀx̃ and S = Σ rᵀ(x − x̃) of the residual stream.
  package func error(of delta: Tensor, weight: Tensor) -> Double {
    let own = gram.error(of: delta)
    guard let drift else { return own }
    var rest = -2 * pull(on: delta, weight: weight)
    if let residual = drift.residual {
      rest += residual.energy + 2 * (residual.drift?.rowDots(weight).reduce(0, +) ?? 0)
    }
    return own + rest / max(gram.totalWeight, .leastNormalMagnitude) + (drift.gram?.error(of: weight) ?? 0)
  }

  /// tr(D·(C·Wᵀ + Rᵀ)): how far the weight change `delta` makes up for the drift, to first order.
  func pull(on delta: Tensor, weight: Tensor) -> Double {
    guard let drift else { return 0 }
    let own = Matmul.product(delta, drift.cross).rowDots(weight).reduce(0, +)
    return own + (drift.residual?.inputs.rowDots(delta).reduce(0, +) ?? 0)
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
  ///   - residual: What the residual stream that the site's outputs are added to has lost, `[tokens, hidden]`; nil if
  ///     they are not added to it.
  ///   - weights: One weight per token.
  package mutating func add(
    _ inputs: Tensor, original: Tensor?, residual: Tensor? = nil, weights: [Float], heldOut isHeldOut: Bool
  ) {
    let magnitudes = inputs.columnMagnitudes(weights: weights)
    for magnitude in magnitudes.largest {
      if magnitude.isFinite { largest = max(largest, magnitude) } else { hasNonFinite = true }
    }
    if isHeldOut {
      heldOut.add(inputs, original: original, residual: residual, weights: weights)
      return
    }
    fit.add(inputs, original: original, residual: residual, weights: weights)
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
  private var residualInputs: [Double] = []
  private var residualDrift: [Double] = []
  private var residualEnergy = 0.0
  private(set) var totalWeight = 0.0

  init(size: Int, judges: Bool) {
    self.size = size
    self.judges = judges
  }

  mutating func add(_ inputs: Tensor, original: Tensor?, residual: Tensor?, weights: [Float]) {
    reserve(&products, rows: size)
    Gram.accumulate(inputs, weights: weights, into: &products)
    totalWeight += weights.reduce(0) { $0 + Double($1) }
    guard var difference = original else { return }
    difference -= inputs
    reserve(&cross, rows: size)
    Gram.accumulateCross(inputs, difference, weights: weights, into: &cross)
    if let residual { add(residual, inputs, difference, weights: weights) }
    guard judges else { return }
    reserve(&drift, rows: size)
    Gram.accumulate(difference, weights: weights, into: &drift)
  }

  private mutating func add(_ residual: Tensor, _ inputs: Tensor, _ difference: Tensor, weights: [Float]) {
    reserve(&residualInputs, rows: residual.rowWidth)
    Gram.accumulateCross(residual, inputs, weights: weights, into: &residualInputs)
    guard judges else { return }
    reserve(&residualDrift, rows: residual.rowWidth)
    Gram.accumulateCross(residual, difference, weights: weights, into: &residualDrift)
    for (square, weight) in zip(residual.rowDots(residual), weights) { residualEnergy += square * Double(weight) }
  }

  var moments: SiteMoments {
    var moments = SiteMoments(gram: gram(products))
    guard !cross.isEmpty else { return moments }
    moments.drift = SiteMoments.Drift(cross: matrix(cross), gram: judges ? gram(drift) : nil)
    if !residualInputs.isEmpty {
      moments.drift?.residual = SiteMoments.Residual(
        inputs: matrix(residualInputs), drift: judges ? matrix(residualDrift) : nil, energy: residualEnergy)
    }
    return moments
  }

  private func gram(_ sums: [Double]) -> GramMatrix {
    let values = sums.isEmpty ? [Float](repeating: 0, count: size * size) : sums.map { Float($0) }
    return GramMatrix(size: size, values: values, totalWeight: totalWeight)
  }

  private func matrix(_ sums: [Double]) -> Tensor {
    Tensor(shape: [sums.count / size, size], values: sums.map { Float($0) })
  }

  private func reserve(_ sums: inout [Double], rows: Int) {
    if sums.isEmpty { sums = [Double](repeating: 0, count: rows * size) }
  }
}

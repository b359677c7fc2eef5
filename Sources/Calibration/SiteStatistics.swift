// What the tokens of the calibration set say about one input site: all that a layer-wise search has to know of them.
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
package struct SiteMoments: Sendable {
  /// H = Σ w·x̃ᵀx̃ over the inputs x̃ that the site will see.
  package var gram: GramMatrix
  /// How errors before the site change its task; nil where the inputs are the original ones.
  package var drift: Drift?

  /// Moments of inputs that differ by `drift`.
  package init(gram: GramMatrix, drift: Drift? = nil) {
    self.gram = gram
    self.drift = drift
  }

  /// With x the original input: what x − x̃ adds to the error.
  package enum Drift: Sendable {
    /// For any number of linears: C = Σ w·x̃ᵀ(x − x̃) and E = Σ w·(x − x̃)ᵀ(x − x̃), `[size, size]` each. E is nil for
    /// tokens that do not judge, which need no absolute errors.
    case inputs(cross: Tensor, gram: GramMatrix?)
    /// For a single linear W with fewer outputs than inputs, whose outputs enter the residual stream. With r what that
    /// stream has lost before and l = (x − x̃)·Wᵀ + r what the outputs are to make up for:
    /// P = Σ w·lᵀx̃, `[out, size]`, and Σ w·‖l‖².
    case outputs(pull: Tensor, energy: Double)
  }

  /// Rows of P = Σ w·lᵀx̃, `[out, size]`, with l what the outputs of `weight` are to make up for: half the slope of the
  /// error's fall. Nil where nothing has drifted.
  package func pull(on weight: any WeightMatrix, rows: Range<Int>) -> Tensor? {
    switch drift {
    case nil: nil
    // Σ w·W(x − x̃)ᵀx̃ is W times the transpose of C.
    case .inputs(let cross, _): Matmul.linear(weight.decoded(rows: rows), FloatMatrix(cross))
    case .outputs(let pull, _): pull.rows(rows)
    }
  }

  /// All rows of it.
  package func pull(on weight: any WeightMatrix) -> Tensor? {
    guard let drift else { return nil }
    if case .outputs(let pull, _) = drift { return pull }
    var values: [Float] = []
    values.reserveCapacity(weight.rows * weight.columns)
    for rows in RowPanels.of(weight.rows) { values += pull(on: weight, rows: rows)?.values ?? [] }
    return Tensor(shape: [weight.rows, weight.columns], values: values)
  }

  /// Σ w·‖l‖²; zero for tokens that do not judge.
  package func lostEnergy(of weight: any WeightMatrix) -> Double {
    switch drift {
    case nil, .inputs(_, nil): 0
    case .inputs(_, let gram?): gram.rowErrors(of: weight).reduce(0, +)
    case .outputs(_, let energy): energy
    }
  }
}

/// A symmetric matrix `[size, size]` of summed input products.
///
/// The output error of a weight change ΔW over all tokens is tr(ΔW·H·ΔWᵀ), so that the cost of a search does not grow
/// with the number of tokens. Sums are additive: over samples, over processes.
package struct GramMatrix: Sendable {
  /// Input features.
  package let size: Int
  /// Row-major, symmetric.
  package var values: [Float]
  /// Sum of the token weights.
  package var totalWeight: Double

  /// A matrix of summed products and the sum of the weights.
  package init(size: Int, values: [Float], totalWeight: Double) {
    self.size = size
    self.values = values
    self.totalWeight = totalWeight
  }

  /// Σ w·x² per input feature.
  package var diagonal: [Float] { (0..<size).map { values[$0 * size + $0] } }

  /// The mean over tokens of the squared output change that `delta`, `[rows, size]`, causes: tr(ΔW·H·ΔWᵀ) / Σw.
  package func error(of delta: any WeightMatrix) -> Double {
    rowErrors(of: delta).reduce(0, +) / max(totalWeight, .leastNormalMagnitude)
  }

  /// Each row's share of `error`, not divided by the weight. Summed in double precision, in index order.
  package func rowErrors(of delta: Tensor) -> [Double] { QuadraticForm.ofRows(delta, values) }

  /// The same of a weight, some rows at a time.
  package func rowErrors(of delta: any WeightMatrix) -> [Double] {
    RowPanels.of(delta.rows).flatMap { rowErrors(of: delta.decoded(rows: $0)) }
  }

  /// `delta · H`, `[rows, size]`.
  package func times(_ delta: Tensor) -> Tensor {
    Matmul.product(delta, Tensor(shape: [size, size], values: values))
  }

  /// The matrix of inputs divided by `scales`: H[i][j] / (s[i]·s[j]).
  package func divided(by scales: [Float]) -> GramMatrix {
    let inverse = scales.map { 1 / $0 }
    var result = self
    Parallel.forEachChunk(of: &result.values, chunkCount: max(size, 1)) { row, values in
      let factor = inverse[row]
      for column in 0..<size { values[column] *= factor * inverse[column] }
    }
    return result
  }

  /// The matrix with `share` of its diagonal's mean added to the diagonal: directions that no token took stay invertible,
  /// and errors cannot be moved there for free.
  package func damped(by share: Double) -> GramMatrix {
    var result = self
    let mean = diagonal.reduce(0.0) { $0 + Double($1) } / Double(max(size, 1))
    for index in 0..<size { result.values[index * size + index] += Float(share * mean) }
    return result
  }

  /// The block of features `start..<start + count` with itself, `[count, count]`.
  package func block(from start: Int, count: Int) -> [Float] {
    var block: [Float] = []
    block.reserveCapacity(count * count)
    for row in start..<start + count {
      block += values[row * size + start..<row * size + start + count]
    }
    return block
  }
}

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
package struct SiteMoments: Sendable {
  /// H = Σ w·x̃ᵀx̃ over the inputs x̃ that the site will see.
  package var gram: GramMatrix
  /// How errors before the site change its task; nil where the inputs are the original ones.
  package var drift: Drift?

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

  /// P = Σ w·lᵀx̃, `[out, size]`, with l what the outputs of `weight` are to make up for: half the slope of the error's
  /// fall. Nil where nothing has drifted.
  package func pull(on weight: Tensor) -> Tensor? {
    switch drift {
    case nil: nil
    // Σ w·W(x − x̃)ᵀx̃ is W times the transpose of C.
    case .inputs(let cross, _):
      Matmul.linear(weight, FloatMatrix(rows: gram.size, columns: gram.size, values: cross.values))
    case .outputs(let pull, _): pull
    }
  }

  /// Σ w·‖l‖²; zero for tokens that do not judge.
  func lostEnergy(of weight: Tensor) -> Double {
    switch drift {
    case nil, .inputs(_, nil): 0
    case .inputs(_, let gram?): gram.rowErrors(of: weight).reduce(0, +)
    case .outputs(_, let energy): energy
    }
  }
}

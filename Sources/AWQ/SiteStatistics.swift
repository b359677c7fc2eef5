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

  /// P = W·Cᵀ + R, `[out, size]`: the way `weight` is pulled to make up for the drift, half the slope of the error's
  /// fall. Nil where nothing has drifted.
  func pull(on weight: Tensor) -> Tensor? {
    guard let drift else { return nil }
    let size = gram.size
    // W·Cᵀ, as W times the transpose of C.
    var pull = Matmul.linear(weight, FloatMatrix(rows: size, columns: size, values: drift.cross.values))
    if let residual = drift.residual { pull += residual.inputs }
    return pull
  }
}

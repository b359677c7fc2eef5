// What a linear's outputs lose when other weights take its place, and the weights that lose least once its inputs have
// drifted: those that come closest to the original output on the inputs of the quantized model (after Li et al.,
// "GPTAQ: Efficient Finetuning-Free Quantization for Asymmetric Calibration", arXiv 2504.02692, as one least-squares
// step before rounding).
package import Calibration
internal import Kernels
internal import Quantization
package import Tensors

/// The output error of one linear over some tokens, for any weights in its place. What does not depend on those is
/// computed once.
///
/// With Ŵ = W + D and l of `SiteMoments.pull(on:)` the mean over tokens of ‖x̃·Ŵᵀ − x·Wᵀ − r‖²
/// = [tr(D·H·Dᵀ) − 2 tr(D·Pᵀ) + Σ w·‖l‖²] / Σw.
package struct OutputError: Sendable {
  /// Rows of the weight that are judged together, by one worker.
  private static let panelRows = 128

  private let weight: any WeightMatrix
  private let gram: GramMatrix
  private let pull: Tensor?
  private let constant: Double

  /// The errors of what takes the place of `weight`, `[out, size]`, over the tokens of `moments`, which must be those that judge
  /// if errors are to be absolute.
  package init(of weight: any WeightMatrix, _ moments: SiteMoments) {
    self.weight = weight
    gram = moments.gram
    pull = moments.pull(on: weight)
    constant = moments.lostEnergy(of: weight)
  }

  /// The mean squared output of `weight` itself on the inputs x̃.
  var energy: Double { gram.error(of: weight) }

  /// tr(D·H·Dᵀ), summed over the tokens.
  func curvature(along delta: Tensor) -> Double {
    RowPanels.of(delta.rowCount).reduce(0.0) { sum, rows in
      gram.rowErrors(of: delta.rows(rows)).reduce(sum, +)
    }
  }

  /// tr(D·Pᵀ): how far the weight change `delta` makes up for the drift, to first order, summed over the tokens.
  func slope(along delta: Tensor) -> Double { pull?.rowDots(delta).reduce(0, +) ?? 0 }

  /// The error of W + `delta`, the mean over tokens.
  package func error(of delta: Tensor) -> Double {
    mean(curvature(along: delta) - 2 * slope(along: delta))
  }

  /// The error of `linear`, which stands for W · diag(scales), with the inverses of the scales.
  func error(of linear: QuantizedLinear, inverseScales: [Float]) -> Double {
    let rows = weight.rows
    let panels = Parallel.map((rows + Self.panelRows - 1) / Self.panelRows) { index in
      panelError(linear, inverseScales, index * Self.panelRows..<min(rows, (index + 1) * Self.panelRows))
    }
    return mean(panels.reduce(0, +))
  }

  private func panelError(_ linear: QuantizedLinear, _ inverseScales: [Float], _ rows: Range<Int>) -> Double {
    let delta = linear.decoded(rows).columnsMultiplied(by: inverseScales, minus: weight.decoded(rows: rows))
    let own = gram.rowErrors(of: delta).reduce(0, +)
    guard let pull else { return own }
    return own - 2 * pull.rows(rows).rowDots(delta).reduce(0, +)
  }

  private func mean(_ sum: Double) -> Double { (sum + constant) / max(gram.totalWeight, .leastNormalMagnitude) }
}

/// Moves the targets of a site's linears from their own weights towards the least-squares weights.
enum DriftCorrection {
  /// The weights to round instead of `weights`, `[out, in]` each.
  ///
  /// With D = P·H⁻¹ the full least-squares step on the fitted tokens (`SiteMoments.pull(on:)`), the step α·D is taken
  /// whose α in 0...1 is best on the tokens that judge: a step that only fits noise shrinks to nothing.
  /// - Parameter damping: Added to the diagonal of H, as a share of its mean.
  static func targets(
    of weights: [any WeightMatrix], fit: SiteMoments, judges: [OutputError], damping: Double
  ) -> [any WeightMatrix] {
    guard fit.drift != nil else { return weights }
    var damped = fit.gram.values.map { Double($0) }
    let mean = fit.gram.diagonal.reduce(0.0) { $0 + Double($1) } / Double(fit.gram.size)
    for index in 0..<fit.gram.size { damped[index * fit.gram.size + index] += damping * mean }
    // One factor serves all linears of the site.
    guard let factor = Cholesky.Factor(of: damped, size: fit.gram.size) else { return weights }
    return zip(weights, judges).map { weight, judge in
      guard let step = fit.pull(on: weight).map({ factor.solve($0) }) else { return weight }
      let curvature = judge.curvature(along: step)
      let length = curvature > 0 ? min(max(judge.slope(along: step) / curvature, 0), 1) : 0
      return length > 0 && length.isFinite ? FloatMatrix(weight, adding: step, times: Float(length)) : weight
    }
  }
}

extension FloatMatrix {
  /// `weight` + `step` · `length`.
  fileprivate init(_ weight: any WeightMatrix, adding step: consuming Tensor, times length: Float) {
    Parallel.forEachChunk(of: &step.values, chunkCount: 64 * weight.columns) { index, chunk in
      let first = index * 64
      let original = weight.decoded(rows: first..<min(weight.rows, first + 64)).values
      for index in original.indices { chunk[index] = chunk[index] * length + original[index] }
    }
    self.init(rows: weight.rows, columns: weight.columns, values: step.values)
  }
}

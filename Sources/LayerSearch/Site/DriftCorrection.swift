// The weights that lose least once a linear's inputs have drifted: those that come closest to the original output on the
// inputs of the quantized model (after Li et al., "GPTAQ: Efficient Finetuning-Free Quantization for Asymmetric
// Calibration", arXiv 2504.02692, as one least-squares step before rounding).
package import Calibration
package import Kernels
package import Tensors

/// Moves what is rounded in place of a site's weights from these towards the least-squares weights.
///
/// With D = P·H⁻¹ the full least-squares step on the fitted tokens (`SiteMoments.pull(on:)`), the step α·D is taken
/// whose α in 0...1 is best on the tokens that judge: a step that only fits noise shrinks to nothing.
package struct DriftCorrection: Sendable {
  private let fit: SiteMoments
  private let damping: Double

  /// Nil where nothing has drifted.
  /// - Parameter damping: Added to the diagonal of H, as a share of its mean.
  package init?(_ fit: SiteMoments, damping: Double) {
    guard fit.drift != nil else { return nil }
    self.fit = fit
    self.damping = damping
  }

  /// What gives the least-squares step of every linear of a site.
  package enum Solution: Sendable {
    /// A factor of H: P·H⁻¹ is solved row by row.
    case factor(Cholesky.Factor)
    /// Cᵀ·H⁻¹, `[size, size]`, for P = W·Cᵀ: a product instead of what is solved for more rows than it has itself.
    case map(Tensor)
  }

  /// Sites of more features have their step as a product: of smaller ones it is solved in double precision.
  package static let largestSolved = 2048

  /// The solution for H and its damping; nil if H has no factor.
  package func solution(solvingUpTo largest: Int = largestSolved) -> Solution? {
    guard let factor = factor() else { return nil }
    guard fit.gram.size > largest, case .inputs(let cross, _) = fit.drift else { return .factor(factor) }
    return .map(factor.solve(cross.transposed()))
  }

  /// Bytes of what is kept of a site of `size` features whose drift is that of its inputs.
  static func keptByteCount(size: Int) -> Int {
    size > largestSolved ? size * size * MemoryLayout<Float>.size : 0
  }

  private func factor() -> Cholesky.Factor? {
    let size = fit.gram.size
    var damped = fit.gram.values.map { Double($0) }
    let mean = fit.gram.diagonal.reduce(0.0) { $0 + Double($1) } / Double(size)
    for index in 0..<size { damped[index * size + index] += damping * mean }
    return Cholesky.Factor(of: damped, size: size)
  }

  /// W + α·D of `weight`, `[out, in]`.
  /// - Parameter length: α; nil for the best by `judge`.
  /// - Returns: The target and its α; nil if α is 0.
  package func target(
    of weight: any WeightMatrix, by judge: OutputError, length: Float? = nil, _ solution: Solution
  ) -> (weight: FloatMatrix, length: Float)? {
    guard let step = step(of: weight, solution) else { return nil }
    let length = length ?? judge.bestFactor(of: step)
    guard length > 0, length.isFinite else { return nil }
    return (FloatMatrix(weight, adding: step, times: length), length)
  }

  private func step(of weight: any WeightMatrix, _ solution: Solution) -> Tensor? {
    switch solution {
    case .factor(let factor): return fit.pull(on: weight).map { factor.solve($0) }
    case .map(let map):
      var values: [Float] = []
      values.reserveCapacity(weight.rows * weight.columns)
      for rows in RowPanels.of(weight.rows) { values += Matmul.product(weight.decoded(rows: rows), map).values }
      return Tensor(shape: [weight.rows, weight.columns], values: values)
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
    self.init(step)
  }
}

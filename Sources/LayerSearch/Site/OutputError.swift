// What a linear's outputs lose when other weights take its place.
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

  private let weight: any WeightMatrix
  private let moments: SiteMoments
  /// P; nil where nothing has drifted, and where its rows are made each time.
  private let keptPull: Tensor?
  private let constant: Double

  private var gram: GramMatrix { moments.gram }
  /// Rows of the weight that are judged together, by one worker.
  private var panelRows: Int { QuadraticForm.rowsAtOnce(size: gram.size) }

  /// The errors of what takes the place of `weight`, `[out, size]`, over the tokens of `moments`, which must be those that
  /// judge if errors are to be absolute. Keeps P, which takes as much memory as the weight in f32.
  package init(of weight: any WeightMatrix, _ moments: SiteMoments) {
    self.init(
      weight: weight, moments: moments, keptPull: moments.pull(on: weight), constant: moments.lostEnergy(of: weight))
  }

  /// The same where P's rows are made each time.
  var withoutPull: OutputError { OutputError(weight: weight, moments: moments, keptPull: nil, constant: constant) }

  private init(weight: any WeightMatrix, moments: SiteMoments, keptPull: Tensor?, constant: Double) {
    self.weight = weight
    self.moments = moments
    self.keptPull = keptPull
    self.constant = constant
  }

  /// The mean squared output of `weight` itself on the inputs x̃.
  var energy: Double { gram.error(of: weight) }

  /// The error of the weight itself, the mean over tokens: what the inputs' drift costs.
  var unchanged: Double { mean(0) }

  /// tr(D·H·Dᵀ), summed over the tokens.
  private func curvature(along delta: Tensor) -> Double {
    RowPanels.of(delta.rowCount).reduce(0.0) { sum, rows in
      gram.rowErrors(of: delta.rows(rows)).reduce(sum, +)
    }
  }

  /// tr(D·Pᵀ): how far the weight change `delta` makes up for the drift, to first order, summed over the tokens; of
  /// some rows of it.
  private func slope(along delta: Tensor, _ runs: [Range<Int>]) -> Double {
    runs.reduce(0.0) { sum, rows in pull(rows)?.rowDots(delta.rows(rows)).reduce(sum, +) ?? 0 }
  }

  /// The error of W + `delta`, the mean over tokens.
  package func error(of delta: Tensor) -> Double {
    mean(curvature(along: delta) - 2 * slope(along: delta, RowPanels.of(delta.rowCount)))
  }

  /// So many rows tell how far to go along a change: one number for all of them.
  private static let factorRows = 2048

  /// The factor of `delta`, `[out, size]`, from 0 to 1, with which the error is least: of a large one by some of its rows,
  /// unless its outputs enter the residual stream, where a few of them have most of the error.
  func bestFactor(of delta: Tensor) -> Float {
    var isSampled = delta.rowCount > Self.factorRows
    if case .outputs = moments.drift { isSampled = false }
    let rows = delta.rowCount
    let runs = isSampled ? RowPanels.some(of: rows, atMost: Self.factorRows) : RowPanels.of(rows)
    let curvature = curvature(along: isSampled ? delta.rows(runs) : delta)
    return Float(curvature > 0 ? min(max(slope(along: delta, runs) / curvature, 0), 1) : 0)
  }

  /// The errors of `linears`, each of which stands for W · diag(scales), with the inverses of the scales.
  func errors(of linears: [QuantizedLinear], inverseScales: [Float]) -> [Double] {
    let rows = weight.rows, panelRows = panelRows
    let panels = Parallel.map((rows + panelRows - 1) / panelRows) { index in
      panelErrors(linears, inverseScales, index * panelRows..<min(rows, (index + 1) * panelRows))
    }
    return linears.indices.map { index in mean(panels.reduce(0) { $0 + $1[index] }) }
  }

  private func panelErrors(
    _ linears: [QuantizedLinear], _ inverseScales: [Float], _ rows: Range<Int>
  ) -> [Double] {
    let original = weight.decoded(rows: rows), pull = pull(rows)
    return linears.map { linear in
      let delta = linear.decoded(rows).columnsMultiplied(by: inverseScales, minus: original)
      let own = gram.rowErrors(of: delta).reduce(0, +)
      return pull.map { own - 2 * $0.rowDots(delta).reduce(0, +) } ?? own
    }
  }

  private func pull(_ rows: Range<Int>) -> Tensor? {
    keptPull.map { $0.rows(rows) } ?? moments.pull(on: weight, rows: rows)
  }

  private func mean(_ sum: Double) -> Double { (sum + constant) / max(gram.totalWeight, .leastNormalMagnitude) }
}

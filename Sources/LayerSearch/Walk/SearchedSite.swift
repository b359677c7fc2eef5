// What is left of a site when the sums over its inputs have gone.
internal import Calibration
internal import Kernels
internal import Quantization
internal import Tensors

/// What was found for a site, block by block.
struct SearchedSite {
  /// Whether each block makes up for what those before it have lost, so that its error is that of all until then.
  let carriesErrors: Bool
  var outcomes: [SiteOutcome] = []
  var seen: [SeenInputs] = []

  init(carriesErrors: Bool) { self.carriesErrors = carriesErrors }

  /// One per input feature.
  var scales: [Float] { outcomes.flatMap(\.scale.scales) }

  /// Whether something has to absorb scales.
  var isScaled: Bool { outcomes.contains(where: \.isScaled) }

  /// The error of the linear at `position` as it is, the mean over tokens.
  func errorAfter(_ position: Int) -> Double {
    let errors = outcomes.map { $0.linears[position].error }
    return carriesErrors ? errors.last ?? 0 : errors.reduce(0, +)
  }

  /// The same if it was plainly rounded, where blocks do not know of each other.
  func errorBefore(_ position: Int) -> Double {
    let errors = outcomes.map { $0.roundingErrors[position] }
    guard carriesErrors else { return errors.reduce(0, +) }
    // Each block's starts from what was lost before it.
    return errors.reduce(0, +) - outcomes.dropLast().reduce(0) { $0 + $1.linears[position].error }
  }

  /// What a block has changed in the columns of the site's only linear, whose original is `weight`.
  func change(_ block: Int, of weight: any WeightMatrix, _ blocks: ColumnBlocks) -> FloatMatrix {
    let outcome = outcomes[block], linear = outcome.linears[0].linear
    let inverse = outcome.scale.scales.map { 1 / $0 }, part = blocks.part(block, of: weight)
    var values: [Float] = []
    values.reserveCapacity(linear.outFeatures * linear.inFeatures)
    for rows in RowPanels.of(linear.outFeatures) {
      values += linear.decoded(rows).columnsMultiplied(by: inverse, minus: part.decoded(rows: rows)).values
    }
    return FloatMatrix(Tensor(shape: [linear.outFeatures, linear.inFeatures], values: values))
  }

  /// The linear at `position` among the site's.
  func linear(_ position: Int) -> QuantizedLinear {
    QuantizedLinear(joining: outcomes.map { $0.linears[position].linear })
  }
}

/// What reports and warnings tell of a block's inputs.
struct SeenInputs {
  /// E[x²] per feature.
  let energy: [Float]
  /// The largest |x|.
  let largest: Float
  /// Whether a NaN or an infinity was among them.
  let hasNonFinite: Bool
  private let hasTokens: Bool

  init(_ statistics: SiteStatistics) {
    energy = statistics.energy
    largest = statistics.largest
    hasNonFinite = statistics.hasNonFinite
    hasTokens = statistics.fit.gram.totalWeight > 0
  }

  /// Features that were zero for all fitted tokens.
  var silentChannelCount: Int { hasTokens ? energy.count { $0 == 0 } : 0 }
}

extension [Rounding] {
  /// The one of all blocks of a linear that does most.
  var strongest: Rounding { Rounding.allCases.last { contains($0) } ?? .plain }
}

extension FloatMatrix {
  /// `matrix` times `factor`.
  init(_ matrix: FloatMatrix, times factor: Float) {
    self.init(rows: matrix.rows, columns: matrix.columns, values: matrix.values.map { $0 * factor })
  }
}

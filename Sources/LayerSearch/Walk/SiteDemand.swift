// What the work at one site takes, in bytes. Vectors are not counted.
internal import Calibration
internal import ModelConfig
internal import Quantization

/// What the work at one site takes.
struct SiteDemand: Sendable {
  private static let floatSize = MemoryLayout<Float>.size

  let site: LinearSite
  /// Weights of its linears; of those of them that are small; of the largest one that is not. Large ones are mapped only
  /// while they are read.
  let weightCount: Int, smallWeightCount: Int, largeWeightCount: Int
  /// Bytes for each token of the samples on their way to it, and of what they bring to its sums.
  let bytesPerToken: Int
  /// Bytes of plain rounding where no sample says anything: the codes of the largest linear, twice.
  let rounding: Int
  /// Bytes of a sum that is rounded, beside all sums.
  let rounded: Int
  /// Whether its matrices go back to the system as soon as they are freed.
  let hasLargeBuffers: Bool
  /// Bytes of each block's sums.
  private let blocks: [Int]
  private let searchedBare: Int
  private let targets: Int

  init(
    _ site: LinearSite, _ config: TextConfig, _ options: QuantizationOptions, propagates: Bool, hasHeldOut: Bool
  ) {
    let columns = config.inFeatures(at: site), rows = site.linears.map { config.outFeatures(of: $0) }
    self.site = site
    let counts = rows.map { $0 * columns }
    weightCount = counts.reduce(0, +)
    smallWeightCount = counts.filter { $0 <= SiteProblem.smallLinear }.reduce(0, +)
    largeWeightCount = counts.filter { $0 > SiteProblem.smallLinear }.max() ?? 0
    bytesPerToken = config.floatsPerToken(at: site, propagates: propagates) * Self.floatSize
    rounding = 2 * options.scheme.codeByteCount((rows.max() ?? 0) * columns)
    // Nothing is summed up for linears that cannot be quantized, whose width nothing bounds.
    guard rows.contains(where: { options.scheme.fits(outFeatures: $0, inFeatures: columns) }) else {
      (blocks, rounded, searchedBare, targets, hasLargeBuffers) = ([], 0, 0, 0, true)
      return
    }
    let cut = ColumnBlocks(
      site: site, size: columns, groupSize: options.scheme.groupSize, limit: options.widestGram)
    blocks = SiteSums.byteCounts(
      of: cut, at: site, outFeatures: rows[0], propagates: propagates, hasHeldOut: hasHeldOut)
    let width = cut.ranges.map(\.count).max() ?? 0, square = width * width, all = rows.reduce(0, +) * width
    // Small linears are rounded side by side.
    let largest = (rows.max() ?? 0) * width, atOnce = largest <= SiteProblem.smallLinear ? all : largest
    let fits = options.method.needsCalibration
    rounded = square * Self.floatSize
    hasLargeBuffers = rounded >= QuantizationMemory.returnedByteCount && all >= QuantizationMemory.returnedByteCount
    // Columns of weights; the Hessian under scales and damped, and either its f64 factor in the making or, beside that
    // in f32, a linear under scales, its slopes, and panels of what makes them.
    let held = cut.ranges.count > 1 ? all : 0
    let corrects = fits && options.steps.contains(.correction)
    let kept = corrects && propagates && !site.entersResidual ? DriftCorrection.keptByteCount(size: width) : 0
    let panels = max(
      3 * min(atOnce, RowPanels.rows * width),
      options.steps.contains(.refit) ? ScaleRefit.keptFloatCount(size: width, groupSize: options.scheme.groupSize) : 0)
    let fitted = 2 * square + max(5 * square, 2 * square + 2 * atOnce + panels)
    // The best so far and the next option, those in the making, and the blocks before.
    let codes = (fits ? 2 * all + 3 * atOnce : all + 2 * atOnce) + weightCount - all
    searchedBare = kept + (held + (fits ? fitted : 0)) * Self.floatSize + options.scheme.codeByteCount(codes)
    // What outputs are to make up for, and the weights that come closest to that.
    targets = propagates ? ((site.entersResidual ? 0 : all) + (corrects ? all : 0)) * Self.floatSize : 0
  }

  /// Bytes of the largest run of blocks that are summed up together.
  func summed(within limit: Int) -> Int {
    let runs = CalibrationMemory(batchTokenCount: 0, sumsByteCount: limit).runs(of: blocks)
    return runs.map { blocks[$0].reduce(0, +) }.max() ?? 0
  }

  /// Bytes of the search of the widest block, beside its statistics.
  func searched(keepsTargets: Bool) -> Int { searchedBare + (keepsTargets ? targets : 0) }
}

extension QuantizationScheme {
  /// Bytes of so many weights as codes in memory, a byte each, and a scale and a zero for each group.
  func codeByteCount(_ weights: Int) -> Int { weights + weights / groupSize * 3 }
}

extension TextConfig {
  fileprivate func floatsPerToken(at site: LinearSite, propagates: Bool) -> Int {
    let queries = headCount * headDim, keys = kvHeadCount * headDim, streams = propagates ? 2 : 1
    // Differences, what they lose, inputs by their weights.
    let brought = propagates ? 3 : 1
    switch site {
    case .attentionInput: return (2 * streams + brought) * hiddenSize
    case .attentionOutput:
      return streams * (hiddenSize + queries) + max(hiddenSize + 2 * queries + 4 * keys, brought * queries)
    case .mlpInput: return streams * (3 * hiddenSize + queries) + brought * hiddenSize
    // What waits of both models, and one of them joined or under way.
    case .mlpOutput: return (streams + 1) * (2 * hiddenSize + intermediateSize)
    }
  }
}

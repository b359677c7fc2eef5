// What each stage of quantizing a layer takes, in bytes, from shapes and token counts. Vectors are not counted; `slack`
// stands for them and for the buffers of kernels.
public import Calibration
internal import Kernels
public import ModelConfig
internal import Quantization

/// What a run has to fit into memory.
public struct MemoryDemand: Sendable {
  private let config: TextConfig
  private let options: QuantizationOptions
  private let shape: ActivationShape
  private let hasHeldOut: Bool
  private let pictureByteCount: Int
  /// Bytes that are there all the time: the process, and a layer, as it is stored and in int4.
  let fixed: Int

  /// - Parameters:
  ///   - shape: Of the samples' activations; of no samples if there are none, or if they are not known yet.
  ///   - residentByteCount: What the process takes already, without pictures.
  ///   - layerByteCount: A layer as it is stored, which is mapped while it is read again and again.
  ///   - pictureByteCount: Pictures that wait for the vision tower, and what passes through it together.
  public init(
    config: TextConfig, options: QuantizationOptions, shape: ActivationShape, hasHeldOut: Bool,
    residentByteCount: Int, layerByteCount: Int, pictureByteCount: Int
  ) {
    self.config = config
    self.options = options
    self.shape = shape
    self.hasHeldOut = hasHeldOut
    self.pictureByteCount = pictureByteCount
    let weights = DecoderLinear.allCases.reduce(0) { $0 + config.rows(of: $1) * config.columns(at: $1.site) }
    fixed = residentByteCount + layerByteCount + Self.codes(weights, options.scheme) + Self.slack
  }

  private static let floatSize = MemoryLayout<Float>.size
  private static var slack: Int { (32 + 8 * Parallel.threadCount) << 20 }

  /// Bytes of so many weights in int4 in memory: codes, scales and zeros.
  private static func codes(_ weights: Int, _ scheme: QuantizationScheme) -> Int {
    weights + weights / scheme.groupSize * 3
  }

  /// Bytes of all samples' activations.
  var activations: Int { shape.floatCount * Self.floatSize }

  /// Tokens of the longest sample.
  var longestSample: Int { shape.tokenCounts.max() ?? 0 }

  /// Tokens of the largest batch of samples.
  func largestBatch(_ memory: CalibrationMemory) -> Int {
    memory.batches(of: shape.tokenCounts).map { shape.tokenCounts[$0].reduce(0, +) }.max() ?? 0
  }

  /// A part of the work, and what it takes beside what is always there.
  struct Stage {
    let name: String
    let byteCount: Int
  }

  /// The part of the work that takes most, with so many tokens under way and such runs of blocks.
  func largestStage(batchTokens: Int, sums: Int, keepsTargets: Bool) -> Stage {
    var stages = [Stage(name: "pictures", byteCount: pictureByteCount)]
    for site in LinearSite.allCases {
      guard !shape.tokenCounts.isEmpty else {
        stages.append(Stage(name: "rounding", byteCount: 2 * Self.codes(largestLinear(at: site), options.scheme)))
        continue
      }
      let summed = summed(at: site, within: sums)
      stages.append(
        Stage(name: "\(site.rawValue), sums over inputs", byteCount: summed + batchTokens * bytesPerToken(at: site)))
      // Sums are rounded to half their size.
      stages.append(Stage(name: "\(site.rawValue), search", byteCount: summed / 2 + searched(at: site, keepsTargets)))
    }
    return stages.max { $0.byteCount < $1.byteCount } ?? Stage(name: "", byteCount: 0)
  }

  /// How much of the calibration may be in memory at the same time if there are `rest` bytes for it: half of what one
  /// block of each site leaves goes to samples under way, so that fewer passes are needed.
  func calibration(within rest: Int, keepsTargets: Bool) -> CalibrationMemory {
    let rest = min(rest, 1 << 60)  // there may be no limit
    let most = longestSample * CalibrationMemory.batchSampleCount
    let tokens = LinearSite.allCases.reduce(most) { tokens, site in
      min(tokens, (rest - summed(at: site, within: 0)) / 2 / bytesPerToken(at: site))
    }
    let batch = max(tokens, longestSample)
    let sums = LinearSite.allCases.reduce(Int.max) { sums, site in
      min(sums, rest - batch * bytesPerToken(at: site), 2 * (rest - searched(at: site, keepsTargets)))
    }
    return CalibrationMemory(batchTokenCount: batch, sumsByteCount: max(sums, 0))
  }
}

extension MemoryDemand {
  private func blocks(at site: LinearSite) -> ColumnBlocks {
    ColumnBlocks(
      site: site, size: config.columns(at: site), groupSize: options.scheme.groupSize, limit: options.widestGram)
  }

  /// Whether a linear of the site can be quantized: else nothing is summed up, whose size the site's would not bound.
  private func isSearched(_ site: LinearSite) -> Bool {
    site.linears.contains {
      options.scheme.fits(outFeatures: config.rows(of: $0), inFeatures: config.columns(at: site))
    }
  }

  private var propagates: Bool { shape.streams.contains(.quantized) }

  /// Bytes of the largest run of a site's blocks that are summed up together, one f64 sum rounded beside them.
  private func summed(at site: LinearSite, within limit: Int) -> Int {
    guard isSearched(site) else { return 0 }
    let blocks = blocks(at: site)
    let counts = SiteSums.byteCounts(
      of: blocks, at: site, outFeatures: config.rows(of: site.linears[0]), propagates: propagates,
      hasHeldOut: hasHeldOut)
    let runs = CalibrationMemory(batchTokenCount: 0, sumsByteCount: limit).runs(of: counts)
    let widest = blocks.ranges.map(\.count).max() ?? 0
    return (runs.map { counts[$0].reduce(0, +) }.max() ?? 0) + widest * widest * Self.floatSize
  }

  /// Bytes for each token of the samples on their way to a site, and of what they bring to its sums.
  private func bytesPerToken(at site: LinearSite) -> Int {
    let hidden = config.hiddenSize, queries = config.headCount * config.headDim
    let keys = config.kvHeadCount * config.headDim, inner = config.intermediateSize
    let streams = shape.streams.count
    // Differences, what they lose, inputs by their weights.
    let brought = propagates ? 3 : 1
    let floats =
      switch site {
      case .attentionInput: streams * 2 * hidden + brought * hidden
      case .attentionOutput: streams * (hidden + queries) + max(hidden + 3 * queries + 5 * keys, brought * queries)
      case .mlpInput: streams * (3 * hidden + queries) + brought * hidden
      case .mlpOutput: streams * (hidden + inner) + hidden + 3 * inner
      }
    return floats * Self.floatSize
  }

  private func largestLinear(at site: LinearSite) -> Int {
    (site.linears.map { config.rows(of: $0) }.max() ?? 0) * config.columns(at: site)
  }

  /// Bytes of the search of a site's widest block beside its statistics.
  private func searched(at site: LinearSite, _ keepsTargets: Bool) -> Int {
    guard isSearched(site) else { return 0 }
    let blocks = blocks(at: site), width = blocks.ranges.map(\.count).max() ?? 0, square = width * width
    let rows = site.linears.map { config.rows(of: $0) }
    let all = rows.reduce(0, +) * width, largest = (rows.max() ?? 0) * width
    // Small linears are rounded side by side.
    let rounded = largest <= SiteProblem.smallLinear ? all : largest
    let fits = options.method.needsCalibration, corrects = fits && options.steps.contains(.correction)
    var floats = blocks.ranges.count > 1 ? all : 0
    if propagates, keepsTargets {
      floats += (site.entersResidual ? 0 : all) + (corrects ? all : 0)
    }
    if fits {
      // A target and the Hessian under scales; then either its f64 factor or a linear, its slopes and their making.
      floats += 2 * square + max(5 * square, 2 * square + 2 * rounded + 3 * panel(rounded, width))
    }
    // Plain rounding, the best so far, and for those rounded two ways with what they are joined from.
    let codes = fits ? 2 * all + 4 * rounded : all + 2 * rounded
    return floats * Self.floatSize + Self.codes(codes, options.scheme)
  }

  /// Elements of a panel of a weight's rows; see `RowPanels`.
  private func panel(_ count: Int, _ width: Int) -> Int { min(count, RowPanels.rows * width) }
}

extension TextConfig {
  /// Output features.
  fileprivate func rows(of linear: DecoderLinear) -> Int {
    switch linear {
    case .query: headCount * headDim
    case .key, .value: kvHeadCount * headDim
    case .gate, .up: intermediateSize
    case .output, .down: hiddenSize
    }
  }

  /// Input features.
  fileprivate func columns(at site: LinearSite) -> Int {
    switch site {
    case .attentionInput, .mlpInput: hiddenSize
    case .attentionOutput: headCount * headDim
    case .mlpOutput: intermediateSize
    }
  }
}

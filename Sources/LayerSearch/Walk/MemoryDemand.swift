// What a run has to fit into memory: what is there all the time, and what the stages of a layer take beside it.
public import Calibration
internal import Kernels
public import ModelConfig
internal import Quantization

/// What a run has to fit into memory, from shapes and token counts alone.
public struct MemoryDemand: Sendable {
  private let shape: ActivationShape
  private let sites: [SiteDemand]
  private let pictureByteCount: Int, outsideByteCount: Int
  private let scheme: QuantizationScheme
  /// Of weights as they are stored.
  private let bytesPerWeight: Double
  /// Bytes that are there all the time: the process.
  let fixed: Int

  /// - Parameters:
  ///   - shape: Of the samples' activations; of no samples if there are none, or if they are not known yet.
  ///   - residentByteCount: What the process takes already, without pictures.
  ///   - layerByteCount: A layer as it is stored. Its weights are mapped while they are read again and again.
  ///   - pictureByteCount: Pictures that wait for the vision tower, and what passes through it together.
  ///   - outsideByteCount: What fitting linears outside the layers takes.
  public init(
    config: TextConfig, options: QuantizationOptions, shape: ActivationShape, hasHeldOut: Bool,
    residentByteCount: Int, layerByteCount: Int, pictureByteCount: Int, outsideByteCount: Int = 0
  ) {
    self.shape = shape
    self.pictureByteCount = pictureByteCount
    self.outsideByteCount = outsideByteCount
    sites = LinearSite.allCases.map {
      SiteDemand($0, config, options, propagates: shape.streams.contains(.quantized), hasHeldOut: hasHeldOut)
    }
    bytesPerWeight = Double(layerByteCount) / Double(max(1, sites.reduce(0) { $0 + $1.weightCount }))
    scheme = options.scheme
    fixed = residentByteCount + Self.slack
  }

  /// Vectors, and buffers of kernels.
  private static var slack: Int { (32 + 8 * Parallel.threadCount) << 20 }

  /// Bytes of all samples' activations.
  var activations: Int { shape.floatCount * MemoryLayout<Float>.size }

  /// Tokens of the longest sample.
  var longestSample: Int { shape.tokenCounts.max() ?? 0 }

  /// Tokens of the largest batch of samples.
  func largestBatch(_ memory: CalibrationMemory) -> Int {
    memory.batches(of: shape.tokenCounts).map { shape.tokenCounts[$0].reduce(0, +) }.max() ?? 0
  }

  /// A part of the work, and what it takes beside what is always there.
  struct Stage {
    var name: String
    var byteCount: Int

    fileprivate mutating func enlarge(_ other: Stage) {
      if other.byteCount > byteCount { self = other }
    }
  }

  /// Parts of the work of three kinds, of each the one that takes most.
  struct Stages {
    let pictures: Stage
    fileprivate(set) var sums = Stage(name: "", byteCount: 0)
    fileprivate(set) var search = Stage(name: "", byteCount: 0)
    /// Of sums and of search the most that does not go back to the system by itself when it is freed.
    fileprivate var small = (sums: 0, search: 0)

    /// The one that takes most.
    var largest: Stage { [pictures, sums, search].max { $0.byteCount < $1.byteCount } ?? pictures }

    /// What sums and search take if nothing that one has freed is given back before the other, but for large buffers.
    var together: Int { max(pictures.byteCount, sums.byteCount + small.search, search.byteCount + small.sums) }
  }

  /// The parts of the work, with so many tokens under way and runs of blocks within `sums` bytes.
  func stages(batchTokens: Int, sums: Int, keptTargets: Set<LinearSite>) -> Stages {
    var stages = Stages(
      pictures: outsideByteCount > pictureByteCount
        ? Stage(name: "linears outside the layers", byteCount: outsideByteCount)
        : Stage(name: "pictures", byteCount: pictureByteCount))
    for (index, site) in sites.enumerated() {
      func enlarge(_ stage: WritableKeyPath<Stages, Stage>, _ name: String, _ byteCount: Int) {
        let held = stage == \.sums ? heldInSums(at: index) : heldInSearch(at: index)
        stages[keyPath: stage].enlarge(Stage(name: "\(site.site), \(name)", byteCount: held + byteCount))
      }
      guard !shape.tokenCounts.isEmpty else {
        enlarge(\.search, "rounding", site.rounding)
        continue
      }
      let summed = site.summed(within: sums), samples = batchTokens * site.bytesPerToken
      enlarge(\.sums, "sums over inputs", summed + site.rounded + samples)
      // Sums are rounded to half their size.
      let searched = summed / 2 + site.searched(keepsTargets: keptTargets.contains(site.site))
      enlarge(\.search, "search", searched)
      stages.small.sums = max(stages.small.sums, samples + (site.hasLargeBuffers ? 0 : summed + site.rounded))
      stages.small.search = max(stages.small.search, site.hasLargeBuffers ? 0 : searched)
    }
    let end = "the layer's end"
    if !shape.tokenCounts.isEmpty {
      stages.sums.enlarge(Stage(name: end, byteCount: heldAtEnd + batchTokens * bytesPerTokenAtEnd))
    }
    // Codes of a whole layer are packed one linear after the other.
    let packed = sites.map(\.rounding).max() ?? 0
    stages.search.enlarge(Stage(name: end, byteCount: codeByteCount(before: sites.count) + packed))
    return stages
  }

  /// How much of the calibration may be in memory at the same time if there are `rest` bytes for it: half of what one
  /// block of each site leaves goes to samples under way, the rest to more blocks, so that fewer passes are needed.
  func calibration(within rest: Int, keptTargets: Set<LinearSite>) -> CalibrationMemory {
    var tokens = longestSample * CalibrationMemory.batchSampleCount, sums = Int.max
    // There may be no limit.
    let rest = min(rest, 1 << 60)
    for (index, site) in sites.enumerated() {
      let rest = rest - heldInSums(at: index)
      tokens = min(tokens, (rest - site.summed(within: 0) - site.rounded) / 2 / site.bytesPerToken)
    }
    tokens = max(min(tokens, (rest - heldAtEnd) / bytesPerTokenAtEnd), longestSample)
    for (index, site) in sites.enumerated() {
      sums = min(
        sums, rest - heldInSums(at: index) - site.rounded - tokens * site.bytesPerToken,
        2 * (rest - heldInSearch(at: index) - site.searched(keepsTargets: keptTargets.contains(site.site))))
    }
    return CalibrationMemory(batchTokenCount: tokens, sumsByteCount: max(sums, 0))
  }

  /// Bytes that are there while samples are on their way to a site: weights, mapped, of all that they pass; codes of the
  /// sites before.
  private func heldInSums(at index: Int) -> Int {
    mapped(sites[index].smallWeightCount + (index > 0 ? sites[index - 1].weightCount : 0))
      + codeByteCount(before: index)
  }

  /// Bytes that are there while a site is searched, beside its own codes.
  private func heldInSearch(at index: Int) -> Int {
    let small = sites[index].smallWeightCount + (index > 0 ? sites[index - 1].smallWeightCount : 0)
    return mapped(small + sites[index].largeWeightCount) + codeByteCount(before: index)
  }

  /// Bytes of so many weights as they are stored.
  private func mapped(_ weights: Int) -> Int { Int((Double(weights) * bytesPerWeight).rounded(.up)) }

  private var bytesPerTokenAtEnd: Int { sites[sites.count - 1].bytesPerToken }

  /// Bytes that are there while samples leave the layer.
  private var heldAtEnd: Int {
    heldInSums(at: sites.count - 1) + scheme.codeByteCount(sites[sites.count - 1].weightCount)
  }

  /// Bytes of what the sites before became.
  private func codeByteCount(before index: Int) -> Int {
    scheme.codeByteCount(sites[..<index].reduce(0) { $0 + $1.weightCount })
  }
}

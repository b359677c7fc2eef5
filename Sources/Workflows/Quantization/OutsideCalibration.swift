// Linears outside the decoder's layers in eight bits: which of them calibration fits, and the fitting.
internal import Calibration
internal import ImageProcessing
internal import LayerSearch
internal import ModelConfig
internal import ModelFiles
internal import ModelInputs
internal import ReferenceModel
internal import Storage
internal import Tensors

/// The linears that a selection names outside the decoder's layers.
struct OutsideCalibration {
  /// Those that calibration fits, and the names of the others, which are plainly rounded: with a method that needs no
  /// calibration all, without pictures those of tower and projector, and those of layers that pictures do not pass.
  let linears: [OutsideLinear], rounded: [String]
  private let options: QuantizationOptions
  private let model: LoadedModel
  private let tiles: [CalibrationTile]
  private let tokenCounts: [Int]

  /// - Parameter set: Its pictures have not been through the tower yet.
  /// - Throws: what reading weights throws.
  init(
    _ selection: LinearSelection, _ options: QuantizationOptions, _ set: CalibrationSet, _ model: LoadedModel
  ) throws {
    let vision = model.model.vision, seesPictures = vision != nil && set.tileCount > 0
    func isSeen(_ linear: OtherLinear) -> Bool {
      guard options.method.needsCalibration else { return false }
      return switch linear.input {
      case nil: false
      case .tower(let layer, _): seesPictures && layer < vision?.tower.activeLayerCount ?? 0
      case .projector: seesPictures
      case .head: !set.tokenCounts.isEmpty
      }
    }
    linears = try selection.outside.filter(isSeen).compactMap { linear in
      guard let input = linear.input else { return nil }
      return OutsideLinear(
        input: input, module: linear.module, name: linear.name, weight: try model.file.weight(of: linear))
    }
    rounded = selection.outside.filter { !isSeen($0) }.map(\.name)
    let needsTiles = linears.contains { $0.input.part < .head }
    tiles = needsTiles ? set.tiles(atMost: vision?.tilesAtOnce ?? 0) : []
    tokenCounts = set.tokenCounts
    self.options = options
    self.model = model
  }

  /// Names of the linears that calibration fits.
  var names: Set<String> { Set(linears.map(\.name)) }

  /// Bytes that the fitting takes at most.
  var workingByteCount: Int {
    let vision = model.model.vision.map {
      VisionCalibration($0, linears, options).workingByteCount(tiles: tiles.count)
        + model.file.largestVisionPartByteCount
    }
    return max(tiles.isEmpty ? 0 : vision ?? 0, head?.workingByteCount(longestSample: tokenCounts.max() ?? 0) ?? 0)
  }

  /// How many tiles go through the tower for it.
  var tileCount: Int { tiles.count }

  /// The work of it, beside the tiles' way through the tower.
  var work: WorkAmount {
    linears.reduce(WorkAmount()) { sum, linear in
      let width = Double(linear.weight.columns), rows = Double(linear.weight.rows)
      return sum
        + WorkAmount(
          sums: Double(tokenCount(at: linear.input)) * width * width, factors: width * width * width,
          feedback: rows * width * width, weights: rows * width)
    }
  }

  private func tokenCount(at input: OutsideInput) -> Int {
    switch input {
    case .tower: tiles.count * (model.model.vision?.tower.config.tokenCount ?? 0)
    case .projector: tiles.count * (model.model.vision?.tokensPerTile ?? 0)
    case .head: tokenCounts.reduce(0, +)
    }
  }

  private var head: HeadCalibration? {
    linears.first { $0.input == .head }.map { HeadCalibration(model.model.language, $0, options) }
  }

  /// Fits the linears of tower and projector.
  func fitVision(_ observe: RunObserver, onPart: (OutsideOutcome) throws -> Void) throws {
    guard !tiles.isEmpty, let vision = model.model.vision else { return }
    let count = Set(linears.map(\.input.part)).count { $0 < .head }
    var done = 0
    try observe(.progress(.outside, done: done, total: count))
    try VisionCalibration(vision, linears, options).run(tiles) { outcome in
      try onPart(outcome)
      try observe(.quantizedOutside(outcome))
      model.file.releasePages()
      done += 1
      try observe(.progress(.outside, done: done, total: count))
    }
  }

  /// Fits the output head to what `samples` are behind the last layer.
  func fitHead(
    _ samples: [CalibrationSample], _ activations: ActivationStore, _ observe: RunObserver,
    onPart: (OutsideOutcome) throws -> Void
  ) throws {
    guard let head else { return }
    let outcome = try head.outcome(samples, activations)
    try onPart(outcome)
    try observe(.quantizedOutside(outcome))
    model.file.releasePages()
  }
}

extension CalibrationSet {
  /// Tiles of the pictures, each once, those of samples that judge for judging; of more than `limit` evenly spread ones.
  fileprivate func tiles(atMost limit: Int) -> [CalibrationTile] {
    var seen: Set<SHA256Digest> = []
    let tiles = readSamples.flatMap { input, isHeldOut in
      input.tileDigests.enumerated().compactMap { index, digest -> CalibrationTile? in
        guard let pixels = input.pixels, seen.insert(digest).inserted else { return nil }
        return CalibrationTile(isHeldOut: isHeldOut) { pixels.values(of: index) }
      }
    }
    guard tiles.count > limit else { return tiles }
    return (0..<limit).map { tiles[$0 * tiles.count / limit] }
  }
}

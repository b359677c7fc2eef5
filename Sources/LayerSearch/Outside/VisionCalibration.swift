// Linears of the vision tower and the projector, fitted to what tiles become on their way through the original ones.
internal import Calibration
internal import Kernels
internal import ModelConfig
internal import Quantization
public import ReferenceModel
public import Tensors

/// A tile that calibrates.
public struct CalibrationTile: Sendable {
  /// Whether it judges instead of being fitted to.
  public let isHeldOut: Bool
  /// Its normalised pixels, `[3, side, side]`.
  public let pixels: @Sendable () -> Tensor

  /// A tile.
  public init(isHeldOut: Bool, pixels: @escaping @Sendable () -> Tensor) {
    self.isHeldOut = isHeldOut
    self.pixels = pixels
  }
}

/// Quantizes linears of a vision tower and its projector to eight bits, a layer at a time. Every token of every tile counts
/// the same; inputs are the original model's.
public struct VisionCalibration {
  private let encoder: VisionEncoder
  private let linears: [OutsideLinear]
  private let options: QuantizationOptions

  /// A calibration of those of `linears` that stand there.
  public init(_ encoder: VisionEncoder, _ linears: [OutsideLinear], _ options: QuantizationOptions) {
    self.encoder = encoder
    self.linears = linears.filter { $0.input.part < .head }
    self.options = options
  }

  /// Brings `tiles`, all together, through the tower, as far as there are linears to quantize.
  /// - Parameter onPart: Called with each part that is done, in the order of computation; what it throws ends the work.
  /// - Throws: `QuantizationError`; if a weight is missing or a tile has another shape.
  public func run(_ tiles: [CalibrationTile], onPart: (OutsideOutcome) throws -> Void) throws {
    guard let last = linears.map(\.input.part).max() else { return }
    var hidden = try tiles.map { try encoder.tower.embedded($0.pixels()) }
    for index in 0..<encoder.tower.activeLayerCount where OutsidePart.tower(layer: index) <= last {
      let layer = try encoder.tower.layer(index)
      defer { layer.release() }
      try calibrate(.tower(layer: index), tiles, onPart) { tile, sums in
        hidden[tile] = layer(hidden[tile]) { site, x in
          sums.add(x, at: .tower(layer: index, site), isHeldOut: tiles[tile].isHeldOut)
        }
      }
    }
    guard last == .projector else { return }
    try calibrate(.projector, tiles, onPart) { tile, sums in
      let patches = encoder.shuffle(hidden[tile].rows(1..<hidden[tile].rowCount))
      _ = encoder.projector(patches) { linear, x in
        sums.add(x, at: .projector(linear), isHeldOut: tiles[tile].isHeldOut)
      }
    }
  }

  /// Sums up what `pass` shows of all tiles, and quantizes the linears of a part.
  private func calibrate(
    _ part: OutsidePart, _ tiles: [CalibrationTile], _ onPart: (OutsideOutcome) throws -> Void,
    pass: (_ tile: Int, inout OutsideSums) -> Void
  ) throws {
    let linears = linears.filter { $0.input.part == part }
    var sums = OutsideSums(of: linears, options, hasHeldOut: tiles.contains(where: \.isHeldOut))
    for tile in tiles.indices { pass(tile, &sums) }
    guard !linears.isEmpty else { return }
    try onPart(OutsideSearch(options).outcome(of: linears, in: part, consume sums))
  }

  /// Bytes that so many tiles, and the part that takes most, need at most.
  public func workingByteCount(tiles: Int) -> Int {
    let parts = Set(linears.map(\.input.part)).map { part in
      OutsideDemand(linears.filter { $0.input.part == part }, options, drifts: false).byteCount
    }
    return encoder.workingByteCount(tiles: tiles) + (parts.max() ?? 0)
  }
}

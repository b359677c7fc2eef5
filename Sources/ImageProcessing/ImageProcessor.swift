// From a picture's file to `pixel_values`: decode, tile, normalise. The last is torchvision's `ToTensor` and
// `Normalize`, by default with the ImageNet constants, as InternVL's `build_transform` joins them.
public import Tensors

/// Prepares pictures for one model's vision tower.
public struct ImageProcessor: Sendable {
  /// Side of a tile in pixels.
  public let tileSize: Int
  /// How pictures are cut; without dynamic tiling into one tile.
  public let tiling: DynamicTiling
  private let decoder: ImageDecoder
  private let normalization: Normalization

  /// A processor for tiles of `tileSize` pixels.
  ///
  /// Without dynamic tiling every picture is resized to one tile, and the numbers of tiles do not matter.
  public init(
    tileSize: Int, minTiles: Int, maxTiles: Int, usesDynamicTiling: Bool, usesThumbnail: Bool,
    normalization: Normalization = Normalization(), limits: ImageLimits = ImageLimits(),
    passOrder: PassOrder = .pillow13
  ) {
    self.tileSize = tileSize
    self.normalization = normalization
    tiling = DynamicTiling(
      minTiles: usesDynamicTiling ? minTiles : 1, maxTiles: usesDynamicTiling ? maxTiles : 1, tileSize: tileSize,
      usesThumbnail: usesThumbnail, passOrder: passOrder)
    decoder = ImageDecoder(limits: limits)
  }

  /// Decodes a file and cuts it into tiles.
  /// - Parameter bytes: a whole PNG, JPEG or WebP file.
  /// - Parameter name: what messages call it.
  /// - Throws: `ImageError` if the file cannot be decoded.
  public func process(bytes: [UInt8], name: String) throws(ImageError) -> TiledImage {
    let image = try decoder.decode(bytes, name: name)
    return TiledImage(width: image.width, height: image.height, tiles: tiles(of: image), remark: image.remark)
  }

  /// The tiles of a decoded picture, each `tileSize` x `tileSize`.
  public func tiles(of image: PixelImage) -> [PixelImage] { tiling.tiles(of: image) }

  /// Tiles of pictures as a vision tower reads them.
  public func pixels(_ tiles: [PixelImage]) -> TilePixels {
    TilePixels(tiles, side: tileSize, normalization: normalization)
  }
}

/// A picture cut into tiles.
public struct TiledImage: Sendable, Equatable {
  /// Pixels of a row of the original picture.
  public let width: Int
  /// Rows of the original picture.
  public let height: Int
  /// The tiles in the order the model reads them: row by row, then the thumbnail if there is one.
  public let tiles: [PixelImage]
  /// What is odd about the file, though all pixels are there; one line.
  public var remark: String?
}

/// Turns 8-bit samples into the floats a vision tower reads.
///
/// `(v / 255 - mean) / std` in 32-bit floats, rounded after each of the three operations. In the chat layout the constants
/// are ImageNet's whatever `preprocessor_config.json` says: the original code never reads them from there.
public struct Normalization: Sendable {
  /// ImageNet's mean of red, green and blue.
  public static let mean: [Float] = [0.485, 0.456, 0.406]
  /// ImageNet's standard deviation of red, green and blue.
  public static let standardDeviation: [Float] = [0.229, 0.224, 0.225]

  /// `[3, 256]`: the float of each sample value of each channel.
  public let table: [[Float]]

  /// A normalization with a mean and a deviation for red, green and blue; by default that of InternVL and Skywork-R1V.
  /// - Parameter divisor: What samples are divided by first.
  public init(
    mean: [Float] = Self.mean, standardDeviation: [Float] = Self.standardDeviation, divisor: Float = 255
  ) {
    table = zip(mean, standardDeviation).map { mean, deviation in
      (0...255).map { (Float($0) / divisor - mean) / deviation }
    }
  }

  /// `pixel_values` `[tiles, 3, side, side]` of `tiles`, all of which must be `side` x `side`.
  public func pixelValues(_ tiles: [PixelImage], side: Int) -> Tensor {
    let area = side * side
    var values = [Float](repeating: 0, count: tiles.count * 3 * area)
    var output = values.mutableSpan
    for (index, tile) in tiles.enumerated() {
      precondition(tile.width == side && tile.height == side, "a tile of another size")
      let samples = tile.rgb.span
      for (channel, levels) in table.enumerated() {
        let start = (index * 3 + channel) * area
        let levels = levels.span
        for pixel in 0..<area { output[start + pixel] = levels[Int(samples[pixel * 3 + channel])] }
      }
    }
    return Tensor(shape: [tiles.count, 3, side, side], values: values)
  }
}

/// Tiles as 8-bit pixels, which become floats only when a vision tower reads them: floats take four times as much.
public struct TilePixels: Sendable {
  /// In the order the model reads them, all of one size.
  public let tiles: [PixelImage]
  private let normalization: Normalization
  private let side: Int

  /// Tiles of `side` x `side` pixels.
  init(_ tiles: [PixelImage], side: Int, normalization: Normalization) {
    self.tiles = tiles
    self.side = side
    self.normalization = normalization
  }

  /// `[3, 256]`: the float that each 8-bit value of red, green and blue becomes.
  public var levels: [[Float]] { normalization.table }

  /// What the tower reads of one tile: `[3, side, side]`.
  public func values(of tile: Int) -> Tensor {
    normalization.pixelValues([tiles[tile]], side: side).reshaped(to: [3, side, side])
  }

  /// `pixel_values` `[tiles, 3, side, side]` of all tiles.
  public var values: Tensor { normalization.pixelValues(tiles, side: side) }

  /// The pixels of all tiles, `[tiles, side, side, 3]`.
  public var rgb: [UInt8] { tiles.flatMap(\.rgb) }
}

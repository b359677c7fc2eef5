// From a picture's file to `pixel_values`: decode, tile, normalise.
public import Tensors

/// Prepares pictures for one model's vision tower.
public struct ImageProcessor: Sendable {
  /// Side of a tile in pixels.
  public let tileSize: Int
  /// How pictures are cut; without dynamic tiling into one tile.
  public let tiling: DynamicTiling
  private let decoder: ImageDecoder
  private let normalization = Normalization()

  /// A processor for tiles of `tileSize` pixels.
  ///
  /// Without dynamic tiling every picture is resized to one tile, and the numbers of tiles do not matter.
  public init(
    tileSize: Int, minTiles: Int, maxTiles: Int, usesDynamicTiling: Bool, usesThumbnail: Bool,
    limits: ImageLimits = ImageLimits(), passOrder: PassOrder = .pillow13
  ) {
    self.tileSize = tileSize
    tiling = DynamicTiling(
      minTiles: usesDynamicTiling ? minTiles : 1, maxTiles: usesDynamicTiling ? maxTiles : 1, tileSize: tileSize,
      usesThumbnail: usesThumbnail, passOrder: passOrder)
    decoder = ImageDecoder(limits: limits)
  }

  /// Decodes a file and cuts it into tiles.
  /// - Parameter bytes: a whole PNG or JPEG file.
  /// - Parameter name: what messages call it.
  /// - Throws: `ImageError` if the file cannot be decoded.
  public func process(bytes: [UInt8], name: String) throws(ImageError) -> TiledImage {
    let image = try decoder.decode(bytes, name: name)
    return TiledImage(width: image.width, height: image.height, tiles: tiles(of: image))
  }

  /// The tiles of a decoded picture, each `tileSize` x `tileSize`.
  public func tiles(of image: PixelImage) -> [PixelImage] { tiling.tiles(of: image) }

  /// `pixel_values` `[tiles, 3, tileSize, tileSize]`, in 32-bit floats.
  public func pixelValues(_ tiles: [PixelImage]) -> Tensor { normalization.pixelValues(tiles, side: tileSize) }
}

/// A picture cut into tiles.
public struct TiledImage: Sendable, Equatable {
  /// Pixels of a row of the original picture.
  public let width: Int
  /// Rows of the original picture.
  public let height: Int
  /// The tiles in the order the model reads them: row by row, then the thumbnail if there is one.
  public let tiles: [PixelImage]
}

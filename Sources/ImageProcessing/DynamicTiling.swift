// Dynamic tiling: `find_closest_aspect_ratio` and `dynamic_preprocess` of OpenGVLab/InternVL,
// `internvl_chat/internvl/train/dataset.py` (Skywork's `inference/utils.py` is the same).

/// How many tiles a picture is cut into.
public struct TileGrid: Sendable, Hashable {
  /// Tiles side by side.
  public let columns: Int
  /// Tiles one below the other.
  public let rows: Int

  public init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
  }

  public var count: Int { columns * rows }
}

/// Cuts a picture into square tiles, in the grid whose shape is nearest to the picture's.
public struct DynamicTiling: Sendable, Equatable {
  /// Side of a tile in pixels.
  public let tileSize: Int
  /// Whether the whole picture follows as a last tile when there is more than one.
  public let usesThumbnail: Bool
  public let passOrder: PassOrder
  /// All grids with an allowed number of tiles, by rising number.
  private let candidates: [TileGrid]

  /// Tiling into `minTiles` to `maxTiles` tiles, not counting the thumbnail.
  ///
  /// With `minTiles` over 1 two grids may be equally near; the original then follows the order of a Python set,
  /// here the one with fewer columns is looked at first.
  public init(
    minTiles: Int = 1, maxTiles: Int, tileSize: Int, usesThumbnail: Bool, passOrder: PassOrder = .pillow13
  ) {
    precondition(1 <= minTiles && minTiles <= maxTiles && maxTiles <= 256 && tileSize > 0, "no such tiling")
    self.tileSize = tileSize
    self.usesThumbnail = usesThumbnail
    self.passOrder = passOrder
    candidates = (minTiles...maxTiles).flatMap { count in
      (1...count).filter { count % $0 == 0 }.map { TileGrid(columns: $0, rows: count / $0) }
    }
  }

  /// The grid for a picture of `width` by `height` pixels.
  ///
  /// Between grids of the same shape the larger one is taken if the picture has more than half its pixels.
  public func grid(width: Int, height: Int) -> TileGrid {
    let aspectRatio = Double(width) / Double(height)
    let area = Double(width * height)
    var best = TileGrid(columns: 1, rows: 1)
    var smallestDifference = Double.infinity
    for candidate in candidates {
      let difference = abs(aspectRatio - Double(candidate.columns) / Double(candidate.rows))
      if difference < smallestDifference {
        smallestDifference = difference
        best = candidate
      } else if difference == smallestDifference, area > 0.5 * Double(tileSize * tileSize * candidate.count) {
        best = candidate
      }
    }
    return best
  }

  /// The tiles of `image`, each `tileSize` x `tileSize`: row by row, then the thumbnail.
  public func tiles(of image: PixelImage) -> [PixelImage] {
    let grid = grid(width: image.width, height: image.height)
    let resized = resize(image, columns: grid.columns, rows: grid.rows)
    guard grid.count > 1 else { return [resized] }
    var tiles = (0..<grid.count).map { tile in
      resized.cropped(left: tile % grid.columns * tileSize, top: tile / grid.columns * tileSize, side: tileSize)
    }
    if usesThumbnail { tiles.append(resize(image, columns: 1, rows: 1)) }
    return tiles
  }

  private func resize(_ image: PixelImage, columns: Int, rows: Int) -> PixelImage {
    BicubicResampler.resize(image, width: columns * tileSize, height: rows * tileSize, order: passOrder)
  }
}

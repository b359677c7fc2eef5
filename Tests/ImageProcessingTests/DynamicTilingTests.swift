// Grids and tiles against InternVL's own functions, run with Pillow.
import ImageProcessing
import Testing

@Suite struct DynamicTilingTests {
  private func tiling(max: Int, size: Int = 448, thumbnail: Bool = true) -> DynamicTiling {
    DynamicTiling(maxTiles: max, tileSize: size, usesThumbnail: thumbnail)
  }

  /// Sizes from the published behaviour of the original code at 12 tiles of 448 pixels.
  @Test(arguments: [
    (448, 448, 1, 1), (633, 633, 1, 1), (634, 634, 2, 2), (950, 950, 2, 2), (951, 951, 3, 3), (640, 480, 4, 3),
    (64, 48, 4, 3), (2000, 100, 12, 1), (1920, 1080, 4, 2), (1280, 720, 4, 2), (1080, 1920, 2, 4), (700, 400, 2, 1),
    (875, 500, 2, 1), (1750, 1000, 4, 2), (300, 1000, 1, 3), (1, 100, 1, 12),
  ])
  func aKnownSizeGetsItsKnownGrid(width: Int, height: Int, columns: Int, rows: Int) {
    #expect(tiling(max: 12).grid(width: width, height: height) == TileGrid(columns: columns, rows: rows))
  }

  @Test func gridsAgreeWithInternVLOverManySizes() throws {
    for line in try Fixtures.lines("grids.txt") {
      let numbers = line.compactMap { Int($0) }
      try #require(numbers.count == 6)
      let grid = tiling(max: numbers[2], size: numbers[3]).grid(width: numbers[0], height: numbers[1])
      #expect(grid == TileGrid(columns: numbers[4], rows: numbers[5]), "\(numbers)")
    }
  }

  @Test func tilesAgreeWithInternVLBitForBit() throws {
    for line in try Fixtures.lines("tiles.txt") {
      let numbers = line.prefix(6).compactMap { Int($0) }
      try #require(numbers.count == 6 && line.count == 7)
      let picture = testPicture(width: numbers[0], height: numbers[1])
      let tiles = tiling(max: numbers[2], size: numbers[3], thumbnail: numbers[4] == 1).tiles(of: picture)
      #expect(tiles.count == numbers[5])
      #expect(tiles.allSatisfy { $0.width == numbers[3] && $0.height == numbers[3] })
      #expect(sha256(tiles.flatMap(\.rgb)) == line[6], "\(numbers)")
    }
  }

  @Test func aMinimumOfTilesExcludesSmallerGrids() {
    let tiling = DynamicTiling(minTiles: 4, maxTiles: 9, tileSize: 56, usesThumbnail: false)
    #expect(tiling.grid(width: 60, height: 60) == TileGrid(columns: 2, rows: 2))
    #expect(tiling.grid(width: 600, height: 100) == TileGrid(columns: 6, rows: 1))
  }
}

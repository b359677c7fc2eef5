// The whole way from a file to pixel values, and normalised values against numpy's.
import ImageProcessing
import Tensors
import Testing

@Suite struct ImageProcessorTests {
  private func processor(dynamic: Bool) -> ImageProcessor {
    ImageProcessor(tileSize: 56, minTiles: 1, maxTiles: 4, usesDynamicTiling: dynamic, usesThumbnail: true)
  }

  @Test func aFileBecomesTheTilesOfItsPixels() throws {
    let pixels = try Fixtures.pillowPixels("rgb-8.png")
    let tiled = try processor(dynamic: true).process(bytes: try Fixtures.bytes("decoded/rgb-8.png"), name: "a.png")
    #expect(tiled.width == 37 && tiled.height == 23)
    // 37:23 is nearer to 2:1 than to 1:1
    let whole = BicubicResampler.resize(pixels, width: 112, height: 56)
    let rowBytes = 112 * 3
    let right = (0..<56).flatMap { row in whole.rgb[row * rowBytes..<(row + 1) * rowBytes].suffix(56 * 3) }
    #expect(tiled.tiles.count == 3)
    #expect(tiled.tiles[1].rgb == right)
    #expect(tiled.tiles[2] == BicubicResampler.resize(pixels, width: 56, height: 56))
    #expect(processor(dynamic: true).pixels(tiled.tiles).values.shape == [3, 3, 56, 56])
  }

  @Test func withoutDynamicTilingThePictureBecomesOneTile() throws {
    let tiles = processor(dynamic: false).tiles(of: testPicture(width: 300, height: 100))
    #expect(tiles == [BicubicResampler.resize(testPicture(width: 300, height: 100), width: 56, height: 56)])
  }

  @Test func anErrorCarriesTheNameOfTheFile() {
    #expect(throws: ImageError.unsupportedFormat(file: "photo.gif", found: "GIF")) {
      try processor(dynamic: true).process(bytes: Array("GIF89a".utf8), name: "photo.gif")
    }
  }
}

@Suite struct NormalizationTests {
  @Test func everySampleValueNormalisesToTheBitsOfNumpy() throws {
    let expected = try Fixtures.lines("normalization.txt").compactMap { UInt32($0[0], radix: 16) }
    #expect(Normalization().table.flatMap { $0.map(\.bitPattern) } == expected)
  }

  @Test func pixelValuesAreTilesThenChannelsThenRows() throws {
    let tiles = [testPicture(width: 5, height: 5), testPicture(width: 5, height: 5).reversedSamples]
    let normalization = Normalization()
    let values = normalization.pixelValues(tiles, side: 5)
    #expect(values.shape == [2, 3, 5, 5])
    var expected: [Float] = []
    for tile in tiles {
      for channel in 0..<3 {
        for y in 0..<5 {
          for x in 0..<5 { expected.append(normalization.table[channel][Int(tile.rgb[(y * 5 + x) * 3 + channel])]) }
        }
      }
    }
    #expect(values.values == expected)
  }
}

extension PixelImage {
  fileprivate var reversedSamples: PixelImage { PixelImage(width: width, height: height, rgb: rgb.reversed()) }
}

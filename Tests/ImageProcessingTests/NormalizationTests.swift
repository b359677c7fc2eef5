// Normalised values against numpy's, and their order in `pixel_values`.
import ImageProcessing
import Tensors
import Testing

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

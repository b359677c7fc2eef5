// Resized pixels against Pillow's.
import ImageProcessing
import Testing

@Suite struct BicubicResamplerTests {
  @Test(arguments: [("resized-pillow-13.txt", PassOrder.pillow13), ("resized-pillow-11.txt", .pillow11)])
  func resizingUpAndDownGivesThePixelsOfPillow(expectations: String, order: PassOrder) throws {
    for line in try Fixtures.lines(expectations) {
      let sizes = line.prefix(4).compactMap { Int($0) }
      try #require(sizes.count == 4 && line.count == 5)
      let picture = testPicture(width: sizes[0], height: sizes[1])
      let resized = BicubicResampler.resize(picture, width: sizes[2], height: sizes[3], order: order)
      #expect(resized.width == sizes[2] && resized.height == sizes[3])
      #expect(sha256(resized.rgb) == line[4], "\(sizes)")
    }
  }

  @Test func theSameSizeIsACopy() {
    let picture = testPicture(width: 31, height: 17)
    #expect(BicubicResampler.resize(picture, width: 31, height: 17) == picture)
  }

  @Test(arguments: [(1, 1), (3, 90), (200, 11)])
  func aPlainColourStaysThatColour(width: Int, height: Int) {
    let white = PixelImage(width: 20, height: 10, rgb: [UInt8](repeating: 255, count: 600))
    let resized = BicubicResampler.resize(white, width: width, height: height)
    #expect(resized.rgb.allSatisfy { $0 == 255 })
  }
}

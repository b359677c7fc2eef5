// Decoded pixels against Pillow's, for every kind of PNG, JPEG and WebP.
import ImageProcessing
import Testing

@Suite struct ImageDecoderTests {
  @Test(arguments: Fixtures.pictures)
  func aPictureDecodesToThePixelsOfPillow(name: String) throws {
    let image = try ImageDecoder().decode(try Fixtures.bytes("decoded/\(name)"), name: name)
    let expected = try Fixtures.pillowPixels(name)
    #expect(image.width == expected.width)
    #expect(image.height == expected.height)
    let differing = zip(image.rgb, expected.rgb).count { $0 != $1 }
    #expect(differing == 0, "\(differing) of \(expected.rgb.count) samples differ")
  }

  @Test func everyKindOfPictureIsPresent() {
    #expect(Fixtures.pictures.count { $0.hasSuffix(".png") } == 37)
    #expect(Fixtures.pictures.count { $0.hasSuffix(".jpg") } == 39)
    #expect(Fixtures.pictures.count { $0.hasSuffix(".webp") } == 18)
  }

  @Test func theFormatIsTakenFromTheBytesAndNotFromTheName() throws {
    let png = try Fixtures.bytes("decoded/rgb-8.png")
    #expect(try ImageDecoder().decode(png, name: "picture.jpg") == Fixtures.pillowPixels("rgb-8.png"))
  }

  @Test(arguments: [
    ("GIF89a", "GIF"), ("BM12345", "BMP"), ("II*\0", "TIFF"), ("MM\0*", "TIFF"),
    ("\0\0\0\u{1c}ftypavif", "AVIF"), ("\0\0\0\u{1c}ftypheic", "HEIC"),
  ])
  func anotherFormatIsNamedAndRefused(start: String, format: String) {
    let bytes = Array(start.utf8) + [UInt8](repeating: 0, count: 100)
    #expect(throws: ImageError.unsupportedFormat(file: "a", found: format)) {
      try ImageDecoder().decode(bytes, name: "a")
    }
  }

  @Test func `a WebP with several pictures is refused by its name`() throws {
    let bytes = try Fixtures.bytes("animated.webp")
    #expect(throws: ImageError.unsupportedFormat(file: "a", found: "animated WebP")) {
      try ImageDecoder().decode(bytes, name: "a")
    }
  }

  @Test(arguments: [[], [0xFF], [0x89, 0x50], Array("hello".utf8)] as [[UInt8]])
  func aFileOfNoKnownFormatIsRefused(bytes: [UInt8]) {
    #expect(throws: ImageError.unsupportedFormat(file: "a", found: nil)) {
      try ImageDecoder().decode(bytes, name: "a")
    }
  }

  @Test func aMessageNamesTheFileAndSaysWhatToDo() {
    #expect(
      ImageError.unsupportedFormat(file: "cat.gif", found: "GIF").description
        == "cat.gif: GIF is not supported; convert the picture to PNG, JPEG or WebP, as ImageMagick does with: "
        + "convert 'FILE[0]' picture.png")
    #expect(
      ImageError.pictureTooLarge(file: "a.png", width: 30000, height: 30000, limits: ImageLimits()).description
        == "a.png: expected at most 100000000 pixels and sides up to 65535, found 30000 x 30000; "
        + "scale the picture down")
  }
}

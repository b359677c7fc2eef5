// Damaged and hostile pictures: each is an ordinary error, soon and without a large allocation.
import Foundation
import ImageProcessing
import Testing

@Suite struct MalformedImageTests {
  private static let shapes = [
    "rgb-8.png", "gray-16-adam7.png", "palette-4-trns.png", "rgba-8-adam7.png", "ycc-420.jpg", "gray.jpg",
    "ycc-444-progressive.jpg", "cmyk-adobe.jpg", "ycc-422-scans.jpg", "ycck-adobe.jpg",
    "lossy.webp", "lossless.webp", "lossy-alpha.webp", "icc-swapped.webp",
  ]

  @Test(arguments: shapes)
  func `a picture that is cut off is refused, unless only what follows the last row is lost`(name: String) throws {
    let whole = try Fixtures.bytes("decoded/\(name)"), pixels = try Fixtures.pillowPixels(name)
    var accepted: [Int] = []
    for length in whole.indices {
      guard let image = try? ImageDecoder().decode(Array(whole.prefix(length)), name: name) else { continue }
      accepted.append(whole.count - length)
      #expect(image.rgb == pixels.rgb && image.remark == "\(name): no end marker after the last row", "\(length)")
    }
    // The end marker has two bytes; bits that fill up the last byte in front of it may be lost as well.
    #expect(accepted.isEmpty == !name.hasSuffix(".jpg") && accepted.allSatisfy { $0 <= 3 }, "\(accepted)")
  }

  @Test(arguments: shapes.filter { $0.hasSuffix(".jpg") })
  func `bytes in front of the end marker that belong to nothing change no pixel and are told`(name: String) throws {
    let whole = try Fixtures.bytes("decoded/\(name)"), pixels = try Fixtures.pillowPixels(name)
    for junk: [UInt8] in [[0x12], [0x12, 0x34], [UInt8](repeating: 0, count: 300)] {
      let image = try ImageDecoder().decode(whole.dropLast(2) + junk + whole.suffix(2), name: name)
      #expect(image.rgb == pixels.rgb)
      // A few bytes the decoder takes for the last ones of the coded data.
      #expect(image.remark == "\(name): bytes before marker 0xd9 that belong to nothing" || junk.count < 8)
    }
  }

  @Test func `an odd JFIF revision changes no pixel and is told`() throws {
    var bytes = try Fixtures.bytes("decoded/ycc-420.jpg")
    let place = try #require((0..<20).first { bytes[$0...].starts(with: Array("JFIF\0".utf8)) })
    bytes[place + 5] = 7
    let image = try ImageDecoder().decode(bytes, name: "a.jpg"), pixels = try Fixtures.pillowPixels("ycc-420.jpg")
    #expect(image.rgb == pixels.rgb && image.remark == "a.jpg: an unknown JFIF revision")
  }

  @Test(arguments: shapes)
  func aPictureWithAnyByteChangedDecodesToItsDeclaredSizeOrIsRefused(name: String) throws {
    let whole = try Fixtures.bytes("decoded/\(name)")
    let decoder = ImageDecoder(limits: ImageLimits(maxPixels: 1_000_000))
    for position in whole.indices {
      for change: UInt8 in [0x01, 0x80, 0xFF] {
        var damaged = whole
        damaged[position] ^= change
        do throws(ImageError) {
          let image = try decoder.decode(damaged, name: name)
          #expect(image.rgb.count == image.width * image.height * 3)
        } catch {
          #expect(error.description.hasPrefix(name + ": "))
        }
      }
    }
  }

  @Test(
    arguments: [
      [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], [0xFF, 0xD8, 0xFF], Array("RIFF\u{7F}\u{1}\0\0WEBPVP8 ".utf8),
      Array("RIFF\u{1}\u{1}\0\0WEBPVP8L".utf8),
    ] as [[UInt8]])
  func noiseBehindAFormatsMarkIsRefused(mark: [UInt8]) {
    var random = SystemRandomNumberGenerator()
    for length in 0..<500 {
      let noise = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
      #expect(throws: ImageError.self, "\(noise)") { try ImageDecoder().decode(mark + noise, name: "noise") }
    }
  }

  @Test func aPNGOf900MegapixelsIsRefusedByItsHeader() throws {
    let bomb = try Fixtures.bytes("bomb-30000x30000.png")
    #expect(throws: ImageError.pictureTooLarge(file: "a", width: 30000, height: 30000, limits: ImageLimits())) {
      try ImageDecoder().decode(bomb, name: "a")
    }
  }

  @Test func `a WebP that says 81 megapixels in a few bytes is refused by its header`() throws {
    let bomb = try Fixtures.bytes("bomb-9000x9000.webp")
    #expect(throws: ImageError.tooFewBytes(file: "a", width: 9000, height: 9000, byteCount: bomb.count)) {
      try ImageDecoder().decode(bomb, name: "a")
    }
    let limits = ImageLimits(maxPixels: 1_000_000)
    #expect(throws: ImageError.pictureTooLarge(file: "a", width: 9000, height: 9000, limits: limits)) {
      try ImageDecoder(limits: limits).decode(bomb, name: "a")
    }
  }

  @Test func aSideOverTheLimitIsRefusedThoughTheAreaIsSmall() throws {
    let limits = ImageLimits(maxSide: 36)
    #expect(throws: ImageError.pictureTooLarge(file: "a", width: 37, height: 23, limits: limits)) {
      try ImageDecoder(limits: limits).decode(try Fixtures.bytes("decoded/rgb-8.png"), name: "a")
    }
  }

  @Test(arguments: ["rgb-8.png", "ycc-420.jpg", "lossy.webp", "lossless.webp"])
  func thePixelLimitIsInclusive(name: String) throws {
    let bytes = try Fixtures.bytes("decoded/\(name)")
    #expect(try ImageDecoder(limits: ImageLimits(maxPixels: 37 * 23)).decode(bytes, name: name).width == 37)
    let limits = ImageLimits(maxPixels: 37 * 23 - 1)
    #expect(throws: ImageError.pictureTooLarge(file: name, width: 37, height: 23, limits: limits)) {
      try ImageDecoder(limits: limits).decode(bytes, name: name)
    }
  }

  @Test func aFileOverTheByteLimitIsRefused() throws {
    let bytes = try Fixtures.bytes("decoded/rgb-8.png")
    let decoder = ImageDecoder(limits: ImageLimits(maxFileBytes: bytes.count - 1))
    #expect(throws: ImageError.fileTooLarge(file: "a", byteCount: bytes.count, limit: bytes.count - 1)) {
      try decoder.decode(bytes, name: "a")
    }
  }

  @Test func aJPEGThatDeclaresMorePixelsThanItsBytesCanHoldIsRefused() throws {
    var bytes = try Fixtures.bytes("decoded/ycc-420.jpg")
    let frame = try #require(bytes.indices.dropLast().first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 })
    bytes.replaceSubrange(frame + 5..<frame + 9, with: [0x27, 0x10, 0x27, 0x0F])
    #expect(throws: ImageError.tooFewBytes(file: "a", width: 9999, height: 10000, byteCount: bytes.count)) {
      try ImageDecoder().decode(bytes, name: "a")
    }
  }

  @Test func aPNGThatDeclaresMorePixelsThanItsBytesCanHoldIsRefused() throws {
    let bomb = Array(try Fixtures.bytes("bomb-30000x30000.png").prefix(50_000))
    let decoder = ImageDecoder(limits: ImageLimits(maxPixels: 900_000_000))
    #expect(throws: ImageError.tooFewBytes(file: "a", width: 30000, height: 30000, byteCount: 50_000)) {
      try decoder.decode(bomb, name: "a")
    }
  }

  @Test func aJPEGOf10000ScansIsRefused() throws {
    let bytes = try Fixtures.bytes("decoded/ycc-422-scans.jpg")
    let scan = try #require(bytes.indices.dropLast().last { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xDA })
    let lastScan = bytes[scan..<bytes.count - 2]
    func repeated(_ times: Int) -> [UInt8] {
      bytes[..<scan] + (0..<times).flatMap { _ in lastScan } + bytes.suffix(2)
    }
    #expect(try ImageDecoder().decode(repeated(100), name: "a") == Fixtures.pillowPixels("ycc-422-scans.jpg"))
    let error = #expect(throws: ImageError.self) { try ImageDecoder().decode(repeated(10_000), name: "a") }
    #expect(error?.description.contains("500 scans") == true, "\(error.debugDescription)")
  }

  /// The bound of reliability check 13; the process itself needs about 20 MB.
  @Test func hostilePicturesTakeLessThan200MBOfMemory() async {
    await #expect(processExitsWith: .success) {
      let decoder = ImageDecoder()
      let bomb = try Fixtures.bytes("bomb-30000x30000.png")
      #expect(throws: ImageError.self) { try decoder.decode(bomb, name: "bomb") }
      #expect(throws: ImageError.self) { try decoder.decode(Array(bomb.prefix(70_000)), name: "cut bomb") }
      let flat = try Fixtures.bytes("bomb-9000x9000.webp")
      #expect(throws: ImageError.self) { try decoder.decode(flat, name: "flat bomb") }
      let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
      let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
      let kilobytes = try #require(line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) })
      #expect(kilobytes < 200_000)
    }
  }
}

// From a file's bytes to pixels, as Pillow's `Image.open(file).convert("RGB")` makes them: what is decoded,
// what it may cost, what is refused.
//
// Limits are checked against the header, before anything is allocated for the pixels.
public import Basics

/// Decodes PNG, JPEG and WebP to the pixels Pillow makes of them.
///
/// The orientation in EXIF, colour profiles and gamma are ignored, and transparency is dropped, as `convert("RGB")`
/// does; the vision towers were trained on pictures read so. (vLLM puts transparent pictures on white instead.) Unlike
/// Pillow, a file that ends early, or about which the decoder warns for more than what `JPEGRepair` knows, is refused: half
/// a picture is not an input.
public struct ImageDecoder: Sendable {
  public let limits: ImageLimits

  public init(limits: ImageLimits = ImageLimits()) { self.limits = limits }

  /// Decodes a file; a function of its arguments alone.
  /// - Parameter bytes: the whole file. Its first bytes tell the format.
  /// - Parameter name: what messages call the file.
  /// - Throws: `ImageError` if the format is another, the picture over the limits, or the file damaged.
  public func decode(_ bytes: [UInt8], name: String) throws(ImageError) -> PixelImage {
    guard bytes.count <= limits.maxFileBytes else {
      throw .fileTooLarge(file: name, byteCount: bytes.count, limit: limits.maxFileBytes)
    }
    let file = EncodedImage(name: name, bytes: bytes)
    switch ImageFormat(of: bytes) {
    case .png: return try PNGDecoder(limits: limits).decode(file)
    case .jpeg: return try JPEGDecoder(limits: limits).decode(file)
    case .webp: return try WebPDecoder(limits: limits).decode(file)
    case nil: throw .unsupportedFormat(file: name, found: ImageFormat.foreignName(of: bytes))
    }
  }
}

/// A picture of 8-bit red, green and blue samples.
public struct PixelImage: Sendable, Equatable {
  /// Pixels of a row, at least 1.
  public let width: Int
  /// Rows, at least 1.
  public let height: Int
  /// `[height, width, 3]`, row-major: red, green, blue of the top left pixel first.
  public let rgb: [UInt8]
  /// What is odd about the file that it comes from, though all pixels are there; one line.
  public internal(set) var remark: String?

  /// Takes over `rgb`, which must hold `height · width · 3` samples.
  public init(width: Int, height: Int, rgb: [UInt8]) {
    precondition(width > 0 && height > 0 && rgb.count == width * height * 3, "samples do not fill the picture")
    self.width = width
    self.height = height
    self.rgb = rgb
  }

  /// The `side` x `side` pixels whose top left corner is at (`left`, `top`); they must lie inside the picture.
  func cropped(left: Int, top: Int, side: Int) -> PixelImage {
    precondition(left >= 0 && top >= 0 && left + side <= width && top + side <= height, "crop outside the picture")
    var samples: [UInt8] = []
    samples.reserveCapacity(side * side * 3)
    for row in top..<top + side {
      let start = (row * width + left) * 3
      samples += rgb[start..<start + side * 3]
    }
    return PixelImage(width: side, height: side, rgb: samples)
  }
}

/// A format that can be decoded.
public enum ImageFormat: String, Sendable {
  case png = "PNG"
  case jpeg = "JPEG"
  case webp = "WebP"

  /// The format of a file that begins with `bytes`, or nil.
  fileprivate init?(of bytes: [UInt8]) {
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
      self = .png
    } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if bytes.starts(with: "RIFF".utf8), bytes.dropFirst(8).starts(with: "WEBP".utf8) {
      self = .webp
    } else {
      return nil
    }
  }

  /// Formats people do have, which are named when refused: where their mark stands, the mark, their name.
  private static let foreignMarks: [(offset: Int, mark: String, name: String)] = [
    (0, "GIF8", "GIF"), (0, "BM", "BMP"), (0, "II*\0", "TIFF"), (0, "MM\0*", "TIFF"),
    (4, "ftypavif", "AVIF"), (4, "ftyphei", "HEIC"), (4, "ftypmif1", "HEIC"), (4, "jP  ", "JPEG 2000"),
    (4, "JXL ", "JPEG XL"), (0, "%PDF", "PDF"),
  ]

  /// WebP with several pictures, which `foreignName` does not know.
  static let animatedWebP = "animated WebP"

  /// The name of the known but unsupported format of a file that begins with `bytes`, or nil.
  fileprivate static func foreignName(of bytes: [UInt8]) -> String? {
    foreignMarks.first { bytes.dropFirst($0.offset).starts(with: $0.mark.utf8) }?.name
  }
}

/// The largest picture a decoder accepts.
public struct ImageLimits: Sendable, Equatable {
  /// Longest file in bytes.
  public var maxFileBytes: Int
  /// Largest area in pixels. Decoding takes 3 bytes a pixel, a progressive JPEG up to 9.
  public var maxPixels: Int
  /// Longest side in pixels; it bounds the memory of resampling, at most 65,535 (what JPEG can say).
  public var maxSide: Int

  /// 256 MiB, 100 megapixels, sides up to 65,535.
  public init(maxFileBytes: Int = 256 << 20, maxPixels: Int = 100_000_000, maxSide: Int = 65_535) {
    precondition(maxFileBytes > 0 && maxPixels > 0 && (1...65_535).contains(maxSide), "limits out of range")
    self.maxFileBytes = maxFileBytes
    self.maxPixels = maxPixels
    self.maxSide = maxSide
  }

  /// Refuses what a header declares if it is too large or if the file cannot hold it.
  /// - Parameter bitsPerPixel: pixels times this, in bytes and divided by `bestRatio`, is the shortest possible file.
  /// - Parameter bestRatio: how many bytes one byte of the file can become at most.
  func check(_ file: EncodedImage, width: Int, height: Int, bitsPerPixel: Int, bestRatio: Int) throws(ImageError) {
    guard width <= maxSide, height <= maxSide, width * height <= maxPixels else {
      throw .pictureTooLarge(file: file.name, width: width, height: height, limits: self)
    }
    guard width * height * bitsPerPixel / 8 <= file.bytes.count * bestRatio else {
      throw .tooFewBytes(file: file.name, width: width, height: height, byteCount: file.bytes.count)
    }
  }
}

/// A picture's file, not yet decoded.
struct EncodedImage {
  /// What messages call it.
  let name: String
  /// The whole file.
  let bytes: [UInt8]
}

/// Why a picture cannot be used. The messages name the file and say what to do.
public enum ImageError: CategorizedError, Equatable {
  /// None that is read; `found` is the format's name, or nil if its first bytes say nothing.
  case unsupportedFormat(file: String, found: String?)
  /// The file is longer than the limit.
  case fileTooLarge(file: String, byteCount: Int, limit: Int)
  /// The header declares a side or an area over the limit.
  case pictureTooLarge(file: String, width: Int, height: Int, limits: ImageLimits)
  /// So few bytes cannot code so many pixels.
  case tooFewBytes(file: String, width: Int, height: Int, byteCount: Int)
  /// The decoder reports an error or a warning, in its own words.
  case malformed(file: String, format: ImageFormat, reason: String)

  public var category: FailureCategory {
    switch self {
    case .unsupportedFormat: .unsupported
    case .fileTooLarge, .pictureTooLarge, .tooFewBytes, .malformed: .malformedInput
    }
  }

  public var description: String {
    switch self {
    case .unsupportedFormat(let file, let found):
      "\(file.displayed): \(found ?? "this file format") is not supported; convert the picture to PNG, JPEG or WebP, "
        + "as ImageMagick does with: convert 'FILE[0]' picture.png"
    case .fileTooLarge(let file, let byteCount, let limit):
      "\(file.displayed): expected at most \(limit) bytes, found \(byteCount); scale the picture down"
    case .pictureTooLarge(let file, let width, let height, let limits):
      "\(file.displayed): expected at most \(limits.maxPixels) pixels and sides up to \(limits.maxSide), "
        + "found \(width) x \(height); scale the picture down"
    case .tooFewBytes(let file, let width, let height, let byteCount):
      "\(file.displayed): \(byteCount) bytes cannot hold the \(width) x \(height) pixels its header declares; "
        + "the file is cut off or forged, get it again"
    case .malformed(let file, let format, let reason):
      "\(file.displayed): damaged \(format.rawValue) (\(reason)); get the file again or re-encode it"
    }
  }
}

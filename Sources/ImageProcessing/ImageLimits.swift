// What a picture may cost. Checked against the header, before anything is allocated for the pixels.

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

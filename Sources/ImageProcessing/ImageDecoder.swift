// From a file's bytes to pixels, as Pillow's `Image.open(file).convert("RGB")` makes them.

/// Decodes PNG and JPEG to the pixels Pillow makes of them.
///
/// The orientation in EXIF, colour profiles and gamma are ignored, and transparency is dropped, as `convert("RGB")`
/// does; the vision towers were trained on pictures read so. Unlike Pillow, a file that ends early or about which the
/// decoder only warns is refused: half a picture is not an input.
public struct ImageDecoder: Sendable {
  /// What a picture may cost.
  public let limits: ImageLimits

  /// A decoder that refuses pictures over `limits`.
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
    case nil: throw .unsupportedFormat(file: name, found: ImageFormat.foreignName(of: bytes))
    }
  }
}

// Which format a file has, by its first bytes: names lie.

/// A format that can be decoded.
public enum ImageFormat: String, Sendable {
  case png = "PNG"
  case jpeg = "JPEG"

  /// The format of a file that begins with `bytes`, or nil.
  init?(of bytes: [UInt8]) {
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
      self = .png
    } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else {
      return nil
    }
  }

  /// Formats people do have, which are named when refused: where their mark stands, the mark, their name.
  private static let foreignMarks: [(offset: Int, mark: String, name: String)] = [
    (0, "GIF8", "GIF"), (8, "WEBP", "WebP"), (0, "BM", "BMP"), (0, "II*\0", "TIFF"), (0, "MM\0*", "TIFF"),
    (4, "ftypavif", "AVIF"), (4, "ftyphei", "HEIC"), (4, "ftypmif1", "HEIC"), (4, "jP  ", "JPEG 2000"),
    (4, "JXL ", "JPEG XL"), (0, "%PDF", "PDF"),
  ]

  /// The name of the known but unsupported format of a file that begins with `bytes`, or nil.
  static func foreignName(of bytes: [UInt8]) -> String? {
    foreignMarks.first { bytes.dropFirst($0.offset).starts(with: $0.mark.utf8) }?.name
  }
}

public import Basics

/// Why a picture cannot be used. The messages name the file and say what to do.
public enum ImageError: CategorizedError, Equatable {
  /// Neither PNG nor JPEG; `found` is the format's name, or nil if its first bytes say nothing.
  case unsupportedFormat(file: String, found: String?)
  /// The file is longer than the limit.
  case fileTooLarge(file: String, byteCount: Int, limit: Int)
  /// The header declares a side or an area over the limit.
  case pictureTooLarge(file: String, width: Int, height: Int, limits: ImageLimits)
  /// So few bytes cannot code so many pixels.
  case tooFewBytes(file: String, width: Int, height: Int, byteCount: Int)
  /// The decoder reports an error or a warning, in its own words.
  case malformed(file: String, format: ImageFormat, reason: String)

  /// What kind of failure this is.
  public var category: FailureCategory {
    if case .unsupportedFormat = self { .unsupported } else { .malformedInput }
  }

  /// One line for people.
  public var description: String {
    switch self {
    case .unsupportedFormat(let file, let found):
      "\(file.displayed): \(found ?? "this file format") is not supported; convert the picture to PNG or JPEG"
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

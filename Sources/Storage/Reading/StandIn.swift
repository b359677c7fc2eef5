// What lies in the place of a file that was never downloaded: a git-lfs pointer, a web page.

/// Something that stands for a file, by how it begins.
public enum StandIn: Sendable {
  /// What `git clone` leaves without git-lfs.
  case pointer
  /// What a browser or a script has saved, an error or a sign-in perhaps.
  case webPage

  /// So much of a file tells.
  static let markByteCount = 64

  /// What begins with `bytes`; nil for anything else.
  public init?(_ bytes: RawSpan) {
    let text = unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0.prefix(Self.markByteCount), as: UTF8.self) }
    let start = text.lowercased()
    if start.hasPrefix("version https://git-lfs.github.com/spec/") {
      self = .pointer
    } else if start.hasPrefix("<!doctype html") || start.hasPrefix("<html") {
      self = .webPage
    } else {
      return nil
    }
  }

  /// What it is, and what to do.
  public var description: String {
    switch self {
    case .pointer: "is a git-lfs pointer, not the file; run `git lfs pull`, or download the file again"
    case .webPage: "is a web page, not the file; download the file again"
    }
  }
}

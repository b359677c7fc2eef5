// Patterns over tensor and module names.
internal import Glibc

/// A shell pattern (`*`, `?`, `[…]`); without any of these it matches every name that contains it.
public struct NamePattern: Sendable, Equatable {
  /// As it was given.
  public let text: String

  private let hasWildcard: Bool

  /// A pattern.
  public init(_ text: String) {
    self.text = text
    hasWildcard = text.contains { "*?[".contains($0) }
  }

  /// Whether `name` fits.
  public func matches(_ name: String) -> Bool {
    guard hasWildcard else {
      // Byte for byte; no name holds U+0000. An argument would be copied for C, `withCString` lends it.
      return unsafe name.withCString { name in unsafe text.withCString { unsafe strstr(name, $0) } != nil }
    }
    return unsafe fnmatch(text, name, 0) == 0
  }
}

// Patterns over tensor and module names.
import ArgumentParser
import Glibc

/// A shell pattern (`*`, `?`, `[…]`); without any of these it matches every name that contains it.
struct NamePattern: ExpressibleByArgument, Sendable {
  let text: String

  private let hasWildcard: Bool

  init(argument: String) {
    text = argument
    hasWildcard = argument.contains { "*?[".contains($0) }
  }

  func matches(_ name: String) -> Bool {
    guard hasWildcard else {
      // Byte for byte; no name holds U+0000. An argument would be copied for C, `withCString` lends it.
      return unsafe name.withCString { name in unsafe text.withCString { unsafe strstr(name, $0) } != nil }
    }
    return unsafe fnmatch(text, name, 0) == 0
  }
}

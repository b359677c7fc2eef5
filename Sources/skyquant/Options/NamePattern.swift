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
      return unsafe strstr(name, text) != nil  // byte for byte; no name holds U+0000
    }
    return unsafe fnmatch(text, name, 0) == 0
  }
}

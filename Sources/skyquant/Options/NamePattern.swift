// Patterns over tensor and module names.
import ArgumentParser
import Glibc

/// A shell pattern (`*`, `?`, `[…]`); without any of these it matches every name that contains it.
struct NamePattern: ExpressibleByArgument, Sendable {
  let text: String

  init(argument: String) { text = argument }

  func matches(_ name: String) -> Bool {
    guard text.contains(where: { "*?[".contains($0) }) else { return name.contains(text) }
    return unsafe fnmatch(text, name, 0) == 0
  }
}

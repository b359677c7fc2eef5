// Writing to the standard streams without buffering surprises.
import Glibc

enum StandardOutput {
  /// Writes all of `text`; a reader that went away ends the output silently.
  static func write(_ text: String) { write(Array(text.utf8)) }
  /// Writes all of `bytes`, in the same way.
  static func write(_ bytes: [UInt8]) { writeAll(bytes, to: STDOUT_FILENO) }
  /// Whether a person looks at it.
  static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
}

enum StandardError {
  static func write(_ text: String) { writeAll(Array(text.utf8), to: STDERR_FILENO) }
  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}

private func writeAll(_ all: [UInt8], to descriptor: Int32) {
  var bytes = all[...]
  while !bytes.isEmpty {
    let written = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
    if written < 0 && errno == EINTR { continue }
    guard written > 0 else { return }
    bytes = bytes.dropFirst(written)
  }
}

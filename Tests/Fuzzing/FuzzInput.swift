// What all fuzz targets share: the bytes that libFuzzer offers, and files for readers that map one.
import Foundation

/// The bytes of one run.
func fuzzInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> [UInt8] {
  Array(UnsafeBufferPointer(start: data, count: count))
}

/// A nameless temporary file, used again for every run.
struct ScratchFile {
  private let descriptor: CInt

  init() {
    guard let file = tmpfile() else { preconditionFailure("no temporary file") }
    descriptor = fileno(file)
  }

  /// The path by which a reader opens it.
  var path: String { "/proc/self/fd/\(descriptor)" }

  /// Replaces the content by `bytes` and zeros up to `byteCount`, which take no space.
  func replace(with bytes: [UInt8], byteCount: Int) {
    precondition(ftruncate(descriptor, 0) == 0 && ftruncate(descriptor, byteCount) == 0, "ftruncate failed")
    let written = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, min($0.count, byteCount), 0) }
    precondition(written == min(bytes.count, byteCount), "pwrite failed")
  }
}

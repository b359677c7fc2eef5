// Lines that are added one after the other and each prove themselves: what of a large file is safely on the
// disk.
import Glibc

/// A file of lines, each followed by a space, the XXH3 of its bytes as 16 hexadecimal digits, and a line
/// feed.
struct Journal: ~Copyable {
  /// Longest journal that is read back.
  private static let byteLimit = 256 << 20

  private let file: FileDescriptor
  private var byteCount = 0
  /// The lines that the file had when it was opened, without their digests.
  let resumedLines: [String]

  /// Creates the journal `path`.
  init(creating path: String) throws(StorageError) {
    file = try FileDescriptor(creating: path, mode: 0o600)
    resumedLines = []
  }

  /// Opens the journal `path`. A run that was killed may have left half a line at its end, which is cut off.
  /// - Throws: `StorageError.altered` for a line that is not what was written.
  init(resuming path: String) throws(StorageError) {
    let file = try FileDescriptor(updating: path)
    let text = try file.contents(limit: Journal.byteLimit)
    var lines: [String] = []
    for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast() {
      guard let proven = Journal.proven(line) else { throw .altered(path: path) }
      lines.append(proven)
      byteCount += line.count + 1
    }
    if byteCount < text.count { try file.truncate(to: byteCount) }
    self.file = file
    resumedLines = lines
  }

  /// Adds lines. Those of a call that fails are overwritten by the next.
  mutating func append(_ lines: [String]) throws(StorageError) {
    let bytes = lines.flatMap { Array("\($0) \(Journal.digest(Array($0.utf8)))\n".utf8) }
    try file.write(bytes, at: byteCount)
    byteCount += bytes.count
  }

  /// Brings the lines to the disk.
  func synchronize() throws(StorageError) { try file.synchronize() }

  /// Whether the journal `path` says more than what it belongs to, or is damaged and perhaps did.
  static func hasRecords(_ path: String) -> Bool {
    guard let file = try? FileDescriptor(reading: path, flags: O_NOFOLLOW), let size = try? file.regularFileSize(),
      let start = try? file.read(0..<min(size, 1024))
    else { return false }
    let lines = start.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
    return lines.count > 1 || lines.contains { proven($0) == nil }
  }

  private static func proven(_ line: ArraySlice<UInt8>) -> String? {
    let parts = line.dropLast(17), end = line.suffix(17)
    guard end.count == 17, String(decoding: end, as: UTF8.self) == " " + digest(Array(parts)) else { return nil }
    return String(validating: parts, as: UTF8.self)
  }

  private static func digest(_ line: [UInt8]) -> String { hexadecimal(XXH3Hasher.hash(line), digits: 16) }
}

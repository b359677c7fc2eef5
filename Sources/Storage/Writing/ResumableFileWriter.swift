// A large file written over hours: its size is reserved at the start, a journal says which parts are safely
// on the disk, and a run that was killed can be continued. Like any output it is made in a work folder and
// gets its name at the end.
internal import CLinux
import Glibc

/// A file that several threads write to at once, each to ranges of its own.
public final class SharedFile: Sendable {
  fileprivate let descriptor: FileDescriptor

  fileprivate init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

  /// Writes `bytes` at `offset`.
  /// - Throws: `StorageError.failed`.
  public func write(_ bytes: RawSpan, at offset: Int) throws(StorageError) {
    try descriptor.write(bytes, at: offset)
  }

  /// Begins to bring `range` to the disk, so that whoever waits for all of it waits less; a hint only.
  public func beginWriteback(_ range: Range<Int>) {
    begin_writeback(descriptor.number, range.lowerBound, range.count)
  }
}

/// Writes a new file in the work folder beside its final name, at any offset, and keeps a journal.
///
/// Until `commit()` nothing has the final name. A writer that is dropped leaves file and journal for a later
/// run to resume if the journal has more than its first line, else it removes both.
public struct ResumableFileWriter: ~Copyable {
  private var folder: WorkFolder
  /// The file, for those who write its parts.
  public let file: SharedFile
  private var journal: Journal

  /// Starts to write a file in `folder`, or continues.
  /// - Throws: `StorageError.cannotCreate`; `altered` if the journal is not what a stopped run wrote.
  public init(
    in folder: consuming WorkFolder, permissions: OutputPermissions = .everyone
  ) throws(StorageError) {
    let path = folder.path(.output)
    let file =
      folder.isResumed
      ? try FileDescriptor(updating: path) : try FileDescriptor(creating: path, mode: permissions.fileMode)
    journal =
      folder.isResumed
      ? try Journal(resuming: folder.path(.journal)) : try Journal(creating: folder.path(.journal))
    self.file = SharedFile(file)
    self.folder = folder
  }

  /// The lines that the journal had when it was opened; empty unless a run is resumed.
  public var resumedLines: [String] { journal.resumedLines }

  /// Where the file is until it gets its name.
  public var path: String { folder.path(.output) }

  /// Bytes of the file, as reserved or left by an earlier run.
  public var byteCount: Int { get throws(StorageError) { try file.descriptor.regularFileSize() } }

  /// Reserves room on the disk for `byteCount` bytes, so that a full disk shows now and not in hours. The
  /// file has this size afterwards, and zeros where nothing was written.
  /// - Throws: `StorageError.noSpace`.
  public func reserve(_ byteCount: Int) throws(StorageError) { try file.descriptor.reserve(byteCount) }

  /// Writes `bytes` at `offset`.
  /// - Throws: `StorageError.failed`.
  public func write(_ bytes: [UInt8], at offset: Int) throws(StorageError) {
    try file.descriptor.write(bytes, at: offset)
  }

  /// The bytes of `range`, which must lie in the file.
  /// - Throws: `StorageError.changedWhileReading` if the file ends before.
  public func read(_ range: Range<Int>) throws(StorageError) -> [UInt8] { try file.descriptor.read(range) }

  /// Brings what was written to the disk.
  ///
  /// After a failure nothing is known about what was written: the journal is removed, so that nobody resumes.
  /// - Throws: `StorageError.failed`. Must not be tried again: the kernel may have dropped what it could not
  ///   write.
  public func synchronize() throws(StorageError) {
    try abandoningAfterFailure { () throws(StorageError) in try file.descriptor.synchronize() }
  }

  /// Brings what was written to the disk and then says so in the journal, one line each.
  /// - Throws: `StorageError.failed`; the lines do not count then, and if it was the bringing to the disk
  ///   that failed none do.
  public mutating func record(_ lines: [String]) throws(StorageError) {
    try synchronize()
    try journal.append(lines)
    try abandoningAfterFailure { () throws(StorageError) in try journal.synchronize() }
  }

  private func abandoningAfterFailure(_ body: () throws(StorageError) -> Void) throws(StorageError) {
    do throws(StorageError) {
      try body()
    } catch {
      abandon()
      throw error
    }
  }

  /// Removes the journal: nobody is to go on with this file.
  public func abandon() { try? WorkItem.journal.remove(from: folder.output.work) }

  /// Gives the file its final name; see `WorkFolder.publish`.
  /// - Throws: `StorageError.failed`, `exists` if the name was taken meanwhile.
  public consuming func commit() throws(StorageError) {
    try synchronize()
    try folder.publish()
  }
}

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

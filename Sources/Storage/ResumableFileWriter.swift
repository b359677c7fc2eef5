// A large file written over hours: its size is reserved at the start, a journal says which parts are safely on the
// disk, and a run that was killed can be continued. Like `AtomicFileWriter` it gets its name when it is complete.
//
//   1. lock FILE.lock; create or reopen FILE.partial
//   2. write; now and then fsync FILE.partial, then append to FILE.journal and fsync that
//   3. fsync, rename to FILE, fsync the directory, remove the journal
import Glibc

/// Writes a new file under a temporary name beside its final one, at any offset, and keeps a journal.
///
/// Until `commit()` nothing has the final name. A writer that is dropped leaves partial file and journal for a later
/// run to resume if the journal has more than its first line, else it removes both.
public struct ResumableFileWriter: ~Copyable {
  private let lock: OutputLock
  private let output: OutputPath
  private let overwrites: Bool
  private let file: FileDescriptor
  private let journal: FileDescriptor
  private var journalSize: Int
  private var journalLineCount: Int
  private var isCommitted = false
  /// The complete lines that the journal had when it was opened; empty unless a run is resumed.
  public let resumedLines: [String]

  /// Longest journal that is read back.
  private static let journalLimit = 256 << 20

  /// Starts to write the file `path`, or continues.
  /// - Parameters:
  ///   - overwriting: whether an existing file is replaced on commit.
  ///   - resuming: whether what an earlier run left is kept; if there is nothing, the file is started.
  /// - Throws: `StorageError.exists`, `locked` or `cannotCreate`.
  public init(path: String, overwriting: Bool = false, resuming: Bool = false) throws(StorageError) {
    let output = OutputPath(path)
    try output.requireFile(overwriting: overwriting)
    let lock = try OutputLock(for: output.final)
    // We hold the lock, so no running process writes these.
    let continues =
      resuming && OutputPath.status(output.partial) != nil && OutputPath.status(output.journal) != nil
    if !continues {
      unsafe unlink(output.partial)
      unsafe unlink(output.journal)
    }
    let file = continues ? try FileDescriptor(updating: output.partial) : try FileDescriptor(creating: output.partial)
    let journal =
      continues ? try FileDescriptor(updating: output.journal) : try FileDescriptor(creating: output.journal)
    // A run that was killed may have left half a line.
    let text = try journal.contents(limit: Self.journalLimit)
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
    let completeSize = lines.reduce(0) { $0 + $1.count + 1 }
    if completeSize < text.count { try journal.truncate(to: completeSize) }
    resumedLines = lines.map { String(decoding: $0, as: UTF8.self) }
    journalSize = completeSize
    journalLineCount = lines.count
    self.file = file
    self.journal = journal
    self.lock = lock
    self.output = output
    overwrites = overwriting
  }

  deinit {
    if !isCommitted, journalLineCount <= 1 {
      unsafe unlink(output.partial)
      unsafe unlink(output.journal)
    }
  }

  /// Bytes of the file, as reserved or left by an earlier run.
  public var byteCount: Int { get throws(StorageError) { try file.regularFileSize() } }

  /// Reserves room on the disk for `byteCount` bytes, so that a full disk shows now and not in hours. The file has
  /// this size afterwards, and zeros where nothing was written.
  /// - Throws: `StorageError.noSpace`.
  public func reserve(_ byteCount: Int) throws(StorageError) { try file.reserve(byteCount) }

  /// Writes `bytes` at `offset`.
  /// - Throws: `StorageError.failed`.
  public func write(_ bytes: RawSpan, at offset: Int) throws(StorageError) { try file.write(bytes, at: offset) }

  /// Writes `bytes` at `offset`.
  /// - Throws: `StorageError.failed`.
  public func write(_ bytes: [UInt8], at offset: Int) throws(StorageError) { try file.write(bytes, at: offset) }

  /// The bytes of `range`, which must lie in the file.
  /// - Throws: `StorageError.changedWhileReading` if the file ends before.
  public func read(_ range: Range<Int>) throws(StorageError) -> [UInt8] { try file.read(range) }

  /// Brings what was written to the disk.
  ///
  /// After a failure nothing is known about what was written: the journal is removed, so that nobody resumes.
  /// - Throws: `StorageError.failed`. Must not be tried again: the kernel may have dropped what it could not write.
  public func synchronize() throws(StorageError) { try synchronize(file) }

  private func synchronize(_ descriptor: borrowing FileDescriptor) throws(StorageError) {
    do throws(StorageError) {
      try descriptor.synchronize()
    } catch {
      unsafe unlink(output.journal)
      throw error
    }
  }

  /// Brings what was written to the disk and then says so in the journal, one line each.
  /// - Throws: `StorageError.failed`; the lines do not count then, and if it was the bringing to the disk that failed none do.
  public mutating func record(_ lines: [String]) throws(StorageError) {
    try synchronize()
    let text = Array(lines.map { $0 + "\n" }.joined().utf8)
    try journal.write(text, at: journalSize)
    try synchronize(journal)
    journalSize += text.count
    journalLineCount += lines.count
  }

  /// Cuts the journal back to its first `lineCount` lines, which were read when it was opened.
  /// - Throws: `StorageError.failed`.
  public mutating func forgetLines(after lineCount: Int) throws(StorageError) {
    journalSize = resumedLines.prefix(lineCount).reduce(0) { $0 + $1.utf8.count + 1 }
    journalLineCount = lineCount
    try journal.truncate(to: journalSize)
  }

  /// Gives the file its final name. After a failure nothing has changed under that name.
  /// - Throws: `StorageError.failed`, `exists` if the name was taken meanwhile. If only the parent directory cannot be brought
  ///   to the disk the output has its name already, but might lose it when the power fails.
  public consuming func commit() throws(StorageError) {
    try synchronize()
    do throws(StorageError) {
      try output.publish(overwriting: overwrites)
    } catch {
      // Renamed, but the directory is perhaps not on the disk: nothing is left to resume.
      if OutputPath.status(output.partial) == nil { unsafe unlink(output.journal) }
      throw error
    }
    isCommitted = true
    unsafe unlink(output.journal)
  }
}

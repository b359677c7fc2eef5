// A large file written over hours: its size is reserved at the start, a journal says which parts are safely
// on the disk, and a run that was killed can be continued. Like any output it is made in a work folder and
// gets its name at the end.
import Glibc

/// Writes a new file in the work folder beside its final name, at any offset, and keeps a journal.
///
/// Until `commit()` nothing has the final name. A writer that is dropped leaves file and journal for a later
/// run to resume if the journal has more than its first line, else it removes both.
public struct ResumableFileWriter: ~Copyable {
  private var folder: WorkFolder
  private let file: FileDescriptor
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
    self.file = file
    self.folder = folder
  }

  /// The lines that the journal had when it was opened; empty unless a run is resumed.
  public var resumedLines: [String] { journal.resumedLines }

  /// Where the file is until it gets its name.
  public var path: String { folder.path(.output) }

  /// Bytes of the file, as reserved or left by an earlier run.
  public var byteCount: Int { get throws(StorageError) { try file.regularFileSize() } }

  /// Reserves room on the disk for `byteCount` bytes, so that a full disk shows now and not in hours. The
  /// file has this size afterwards, and zeros where nothing was written.
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
  /// - Throws: `StorageError.failed`. Must not be tried again: the kernel may have dropped what it could not
  ///   write.
  public func synchronize() throws(StorageError) {
    try abandoningAfterFailure { () throws(StorageError) in try file.synchronize() }
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

// A file that appears under its name complete and on the disk, or not at all.
//
//   1. lock FILE.lock; remove the FILE.partial that a killed run may have left
//   2. create FILE.partial; write
//   3. fsync the file, rename it to FILE, fsync the directory
import Glibc

/// Writes a new file under a temporary name beside its final one.
///
/// Until `commit()` nothing has the final name, and an older file that has it is untouched. A writer that is dropped
/// without a commit removes what it wrote.
public struct AtomicFileWriter: ~Copyable, ByteSink {
  private let lock: OutputLock
  private let output: OutputPath
  private let overwrites: Bool
  private var writer: FileWriter
  private var isCommitted = false

  /// Starts to write the file `path`.
  /// - Parameter overwriting: whether an existing file is replaced on commit.
  /// - Throws: `StorageError.exists`, `locked` or `cannotCreate`.
  public init(path: String, overwriting: Bool = false) throws(StorageError) {
    let output = OutputPath(path)
    try output.requireFile(overwriting: overwriting)
    let lock = try OutputLock(for: output.final)
    unsafe unlink(output.partial)  // we hold the lock, so no running process writes it
    writer = try FileWriter(creating: output.partial)
    self.lock = lock
    self.output = output
    overwrites = overwriting
  }

  /// Checks before the work that the file `path` can be made.
  /// - Throws: `StorageError.exists` or `cannotCreate`.
  public static func require(path: String, overwriting: Bool) throws(StorageError) {
    let output = OutputPath(path)
    try output.requireFile(overwriting: overwriting)
    _ = try output.freeByteCount()  // there is a directory for it
  }

  deinit { if !isCommitted { unsafe unlink(output.partial) } }

  /// Bytes appended so far.
  public var byteCount: Int { writer.byteCount }

  /// See `FileWriter.reserve`.
  /// - Throws: `StorageError.noSpace`, or `failed`.
  public func reserve(_ byteCount: Int) throws(StorageError) { try writer.reserve(byteCount) }

  /// Appends all of `bytes`.
  /// - Throws: `StorageError.failed`, also for a full disk that `reserve` was not asked about.
  public mutating func append(_ bytes: RawSpan) throws(StorageError) { try writer.append(bytes) }

  /// Writes `bytes` over the file at `offset`.
  /// - Throws: `StorageError.failed`, also for a full disk that `reserve` was not asked about.
  public func write(_ bytes: RawSpan, at offset: Int) throws(StorageError) { try writer.write(bytes, at: offset) }

  /// Writes `bytes` over the file at `offset`.
  /// - Throws: `StorageError.failed`, also for a full disk that `reserve` was not asked about.
  public func write(_ bytes: [UInt8], at offset: Int) throws(StorageError) { try writer.write(bytes, at: offset) }

  /// Brings what was written so far to the disk.
  /// - Throws: `StorageError.failed`. Must not be tried again: the kernel may have dropped what it could not write.
  public func synchronize() throws(StorageError) { try writer.synchronize() }

  /// Gives the file its final name. After a failure nothing has changed under that name, and the partial file is gone.
  /// - Throws: `StorageError.failed`, `exists` if the name was taken meanwhile. If only the parent directory cannot be brought
  ///   to the disk the output has its name already, but might lose it when the power fails.
  public consuming func commit() throws(StorageError) {
    try writer.synchronize()
    try output.publish(overwriting: overwrites)
    isCommitted = true
  }
}

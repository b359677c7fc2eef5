// A file that appears under its name complete and on the disk, or not at all; see WorkFolder.

/// Writes a new file in the work folder beside its final name.
///
/// Until `commit()` nothing has the final name, and an older file that has it is untouched. A writer that is
/// dropped without a commit removes what it wrote.
public struct AtomicFileWriter: ~Copyable, ByteSink {
  private var folder: WorkFolder
  private var writer: FileWriter

  /// Starts to write the file `path`.
  /// - Parameters:
  ///   - overwriting: Whether an existing file is replaced on commit.
  ///   - permissions: Who may read it.
  ///   - byteCount: Room that must be on the disk.
  /// - Throws: what `WorkFolder` throws; `StorageError.noSpace`, `beyondFileSize`.
  public init(
    path: String, overwriting: Bool = false, permissions: OutputPermissions = .everyone, byteCount: Int = 0
  ) throws(StorageError) {
    let folder = try WorkFolder(for: path, making: .file, overwriting: overwriting)
    try folder.requireRoom(for: byteCount, largestFile: byteCount)
    writer = try FileWriter(creating: folder.path(.output), permissions: permissions)
    self.folder = folder
  }

  /// Checks before the work that the file `path` can be made.
  /// - Throws: what `WorkFolder` throws.
  public static func require(path: String, overwriting: Bool) throws(StorageError) {
    _ = try WorkFolder(for: path, making: .file, overwriting: overwriting)
  }

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
  /// - Throws: `StorageError.failed`. Must not be tried again: the kernel may have dropped what it could not
  ///   write.
  public func synchronize() throws(StorageError) { try writer.synchronize() }

  /// Gives the file its final name; see `WorkFolder.publish`.
  /// - Throws: `StorageError.failed`, `exists` if the name was taken meanwhile.
  public consuming func commit() throws(StorageError) {
    try writer.synchronize()
    try folder.publish()
  }
}

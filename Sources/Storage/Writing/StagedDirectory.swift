// A directory of plain files that appears under its name complete and on the disk, or not at all; see
// WorkFolder.
import Glibc

/// Collects new files in the work folder beside the directory's final name.
///
/// What is published is what this run, or a stopped one that it goes on with, has written: a file that
/// anybody else puts there meanwhile is an error. Dropped without a commit it removes what it made, unless
/// there is a state that says how to go on with it.
public struct StagedDirectory: ~Copyable {
  /// Where the directory is made.
  public private(set) var folder: WorkFolder
  private let permissions: OutputPermissions
  /// Files that are to be published.
  private var names: Set<String> = []
  private var path: String { folder.path(.output) }

  /// Starts to make the directory `path`.
  /// - Parameters:
  ///   - overwriting: Whether an existing directory of plain files is replaced on commit, and an unfinished
  ///     one dropped.
  ///   - permissions: Who may read it.
  ///   - byteCount: Room that must be on the disk.
  ///   - largestFile: Bytes of its largest file.
  /// - Throws: what `WorkFolder` throws; `StorageError.noSpace`, `beyondFileSize`.
  public init(
    path: String, overwriting: Bool = false, permissions: OutputPermissions = .everyone, byteCount: Int = 0,
    largestFile: Int = 0
  ) throws(StorageError) {
    let folder = try WorkFolder(for: path, making: .directory, overwriting: overwriting)
    try folder.requireRoom(for: byteCount, largestFile: largestFile)
    try self.init(in: folder, permissions: permissions)
  }

  /// Starts to make a directory in `folder`, or goes on with the one in it.
  /// - Throws: `StorageError.cannotCreate`.
  public init(
    in folder: consuming WorkFolder, permissions: OutputPermissions = .everyone
  ) throws(StorageError) {
    if !folder.isResumed {
      let path = folder.path(.output)
      guard unsafe mkdir(path, permissions.directoryMode) == 0 else { throw .creating(path, errno) }
    }
    self.folder = folder
    self.permissions = permissions
  }

  /// Checks that a resumed directory holds no other files than these.
  /// - Throws: `StorageError.foreign` for the first that it does.
  public func require(only names: Set<String>) throws(StorageError) {
    let found = try FlatDirectory.names(in: path)
    if let name = Set(found).subtracting(names).min() { throw .foreign(path: path + "/" + name) }
  }

  /// Opens the file `name` that a stopped run began, cut to its first `byteCount` bytes.
  /// - Throws: `StorageError`, among others if it has fewer.
  public mutating func reopen(_ name: String, keeping byteCount: Int) throws(StorageError) -> FileWriter {
    try requirePlainFileName(name)
    let file = try FileWriter(continuing: path + "/" + name, at: byteCount)
    names.insert(name)
    return file
  }

  /// Maps the file `name` that a stopped run has written, and which is published as it is.
  /// - Throws: `StorageError.notAPlainFileName`, or why it cannot be opened; a link is not followed.
  public mutating func keep(_ name: String) throws(StorageError) -> MappedFile {
    try requirePlainFileName(name)
    let file = try MappedFile(FileDescriptor(reading: path + "/" + name, flags: O_NOFOLLOW))
    names.insert(name)
    return file
  }

  /// Removes the file `name` if a stopped run left it.
  /// - Throws: `StorageError.notAPlainFileName`, or `failed`. That there is none is no failure.
  public func discard(_ name: String) throws(StorageError) {
    try requirePlainFileName(name)
    try OutputPath.unlink(path + "/" + name)
  }

  /// Creates the file `name` inside. Call `synchronize()` on it when it is complete.
  /// - Throws: `StorageError`, among others for a name with a separator and for a name used twice.
  public mutating func create(_ name: String) throws(StorageError) -> FileWriter {
    try requirePlainFileName(name)
    let file = try FileWriter(creating: path + "/" + name, permissions: permissions)
    names.insert(name)
    return file
  }

  /// Writes the whole file `name`, in place of one that a stopped run wrote.
  /// - Throws: `StorageError`.
  public mutating func write(_ bytes: [UInt8], to name: String) throws(StorageError) {
    if folder.isResumed { try discard(name) }
    var writer = try create(name)
    try writer.append(bytes)
    try writer.synchronize()
  }

  /// Brings the names of the files to the disk.
  /// - Throws: `StorageError.failed`.
  public func synchronize() throws(StorageError) { try OutputPath.synchronize(path) }

  /// Gives the directory its final name; see `WorkFolder.publish`.
  /// - Throws: `StorageError.failed`, `exists` if the name was taken meanwhile, `notReplaceable` if what has
  ///   the name holds more than plain files; `foreign` for a file that was not written here, `missing` for
  ///   one that has gone.
  public consuming func commit() throws(StorageError) {
    try require(only: names)
    if let name = names.subtracting(try FlatDirectory.names(in: path)).min() {
      throw .missing(path: path + "/" + name)
    }
    try synchronize()
    try folder.publish()
  }
}

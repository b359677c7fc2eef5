// A directory of plain files that appears under its name complete and on the disk, or not at all.
//
//   1. lock DIR.lock; remove the DIR.partial that a killed run may have left
//   2. create DIR.partial; write files in it, fsync each
//   3. fsync DIR.partial, rename it to DIR, fsync the parent
import Glibc

/// Collects new files in `DIR.partial`, to be renamed to `DIR`.
///
/// Dropped without a commit it removes what it made. Only directories that hold nothing but plain files are ever
/// removed, so that a mistyped `--out ~` with `--force` cannot cost anything.
public struct StagedDirectory: ~Copyable {
  private let lock: OutputLock
  private let output: OutputPath
  private let overwrites: Bool
  private var isCommitted = false

  /// Starts to make the directory `path`.
  /// - Parameter overwriting: whether an existing directory of plain files is replaced on commit.
  /// - Throws: `StorageError.exists`, `notReplaceable`, `locked` or `cannotCreate`.
  public init(path: String, overwriting: Bool = false) throws(StorageError) {
    let output = OutputPath(path)
    if output.exists {
      guard overwriting else { throw .exists(path: output.final) }
      guard StagedDirectory.isFlat(output.final) else { throw .notReplaceable(path: output.final) }
    }
    let lock = try OutputLock(for: output.final)
    try StagedDirectory.remove(output.partial)
    guard unsafe mkdir(output.partial, 0o755) == 0 else { throw .creating(output.partial, errno) }
    self.lock = lock
    self.output = output
    overwrites = overwriting
  }

  deinit { if !isCommitted { try? StagedDirectory.remove(output.partial) } }

  /// Creates the file `name` inside. Call `synchronize()` on it when it is complete.
  /// - Throws: `StorageError`, among others for a name with a separator and for a name used twice.
  public func create(_ name: String) throws(StorageError) -> FileWriter {
    try requirePlainFileName(name)
    return try FileWriter(creating: output.partial + "/" + name)
  }

  /// Writes the whole file `name`.
  /// - Throws: `StorageError`.
  public func write(_ bytes: [UInt8], to name: String) throws(StorageError) {
    var writer = try create(name)
    try writer.append(bytes)
    try writer.synchronize()
  }

  /// Gives the directory its final name. After a failure nothing has changed under that name.
  public consuming func commit() throws(StorageError) {
    try FileDescriptor(reading: output.partial, flags: O_DIRECTORY).synchronize()
    let replaces = overwrites && output.exists
    if replaces { try moveAside() }
    do {
      try output.publish(overwriting: false)
    } catch {
      if replaces { try? OutputPath.rename(output.replaced, to: output.final) }
      throw error
    }
    isCommitted = true
    if replaces { try StagedDirectory.remove(output.replaced) }
  }

  /// A directory cannot be replaced in one step. Killed between the two renames, a run leaves the old directory as
  /// `DIR.replaced` and the new one as `DIR.partial`, both whole.
  private func moveAside() throws(StorageError) {
    guard StagedDirectory.isFlat(output.final) else { throw .notReplaceable(path: output.final) }
    try StagedDirectory.remove(output.replaced)
    try OutputPath.rename(output.final, to: output.replaced)
  }

  /// Whether `path` is a directory, no link, with nothing but plain files in it.
  private static func isFlat(_ path: String) -> Bool { (try? entries(path)) != nil }

  /// Removes the directory `path` if it is there.
  private static func remove(_ path: String) throws(StorageError) {
    guard OutputPath.status(path) != nil else { return }
    for name in try entries(path) {
      guard unsafe unlink(path + "/" + name) == 0 else { throw .failing("unlink", path + "/" + name) }
    }
    guard unsafe rmdir(path) == 0 else { throw .failing("rmdir", path) }
  }

  /// All names in a directory of plain files.
  private static func entries(_ path: String) throws(StorageError) -> [String] {
    let directory = try FileDescriptor(reading: path, flags: O_DIRECTORY | O_NOFOLLOW)
    var names: [String] = []
    for entry in try directory.entries() {
      guard !entry.isDirectory, let name = entry.name else { throw .notReplaceable(path: path) }
      names.append(name)
    }
    return names
  }
}

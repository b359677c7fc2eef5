// A directory of plain files that appears under its name complete and on the disk, or not at all.
//
//   1. lock DIR.lock; remove the DIR.partial that a killed run may have left, or go on with it
//   2. create DIR.partial; write files in it, fsync each
//   3. fsync DIR.partial, rename it to DIR (an old DIR: swap both names, then remove the old one), fsync the parent
import Glibc

/// Collects new files in `DIR.partial`, to be renamed to `DIR`.
///
/// Dropped without a commit it removes what it made, unless the file `DIR.resume` says how to go on with it. Only
/// directories that hold nothing but plain files are ever removed, so that a mistyped `--out ~` with `--force` cannot
/// cost anything.
public struct StagedDirectory: ~Copyable {
  private let lock: OutputLock
  private let output: OutputPath
  private let overwrites: Bool
  private let isResumed: Bool
  private var isCommitted = false

  /// Starts to make the directory `path`.
  /// - Parameters:
  ///   - overwriting: whether an existing directory of plain files is replaced on commit, and an unfinished one dropped.
  ///   - resuming: whether what an earlier run left in `DIR.partial` is kept; it must be there.
  /// - Throws: `StorageError.exists`, `notReplaceable`, `unfinished`, `locked` or `cannotCreate`.
  public init(path: String, overwriting: Bool = false, resuming: Bool = false) throws(StorageError) {
    let output = OutputPath(path)
    let lock = try OutputLock(for: output.final)
    try StagedDirectory.recover(output)
    try StagedDirectory.require(output, overwriting: overwriting, resuming: resuming)
    if !resuming {
      StagedDirectory.forgetResume(output)
      try StagedDirectory.remove(output.partial)
      guard unsafe mkdir(output.partial, 0o755) == 0 else { throw .creating(output.partial, errno) }
    }
    self.lock = lock
    self.output = output
    overwrites = overwriting
    isResumed = resuming
  }

  /// Checks before hours of work that the directory `path` can be made; see `init`.
  /// - Parameter byteCount: Room that must be on the disk.
  /// - Throws: `StorageError.exists`, `notReplaceable`, `unfinished`, `noSpace` or `cannotCreate`.
  public static func require(path: String, overwriting: Bool, resuming: Bool, byteCount: Int) throws(StorageError) {
    let output = OutputPath(path)
    try require(output, overwriting: overwriting, resuming: resuming)
    let free = try output.freeByteCount()
    // A resumed run has most of its room already.
    guard resuming || free >= byteCount else { throw .noSpace(path: output.final, needed: byteCount, free: free) }
  }

  private static func require(_ output: OutputPath, overwriting: Bool, resuming: Bool) throws(StorageError) {
    if output.exists {
      guard overwriting else { throw .exists(path: output.final) }
      guard isFlat(output.final) else { throw .notReplaceable(path: output.final) }
    }
    if !resuming, !overwriting, OutputPath.status(output.resume) != nil, OutputPath.status(output.partial) != nil {
      throw .unfinished(path: output.final)
    }
  }

  deinit {
    if !isCommitted, OutputPath.status(output.resume) == nil { try? StagedDirectory.remove(output.partial) }
  }

  /// What tells the unfinished directory of `path` from others that have had its name; nil if there is none. A run killed
  /// after it swapped old and new leaves the old directory under the name of the unfinished one.
  public static func unfinishedIdentity(of path: String) -> UInt? {
    guard let status = OutputPath.status(OutputPath(path).partial), status.isDirectory else { return nil }
    return UInt(status.st_ino)
  }

  /// The file beside the directory `path` that says how to go on with it.
  public static func resumeFile(of path: String) -> String { OutputPath(path).resume }

  /// Opens the file `name` that an earlier run began, cut to its first `byteCount` bytes.
  /// - Throws: `StorageError`, among others if it has fewer.
  public func reopen(_ name: String, keeping byteCount: Int) throws(StorageError) -> FileWriter {
    try requirePlainFileName(name)
    return try FileWriter(continuing: output.partial + "/" + name, at: byteCount)
  }

  /// Removes the file `name` if an earlier run left it.
  /// - Throws: `StorageError.notAPlainFileName`, or `failed`. That there is none is no failure.
  public func discard(_ name: String) throws(StorageError) {
    try requirePlainFileName(name)
    let path = output.partial + "/" + name
    guard unsafe unlink(path) == 0 || errno == ENOENT else { throw .failing("unlink", path) }
  }

  /// Maps the file `name` as it is now.
  /// - Throws: `StorageError.notAPlainFileName`, or why it cannot be opened; a link is not followed.
  public func map(_ name: String) throws(StorageError) -> MappedFile {
    try requirePlainFileName(name)
    return try MappedFile(FileDescriptor(reading: output.partial + "/" + name, flags: O_NOFOLLOW))
  }

  /// Creates the file `name` inside. Call `synchronize()` on it when it is complete.
  /// - Throws: `StorageError`, among others for a name with a separator and for a name used twice.
  public func create(_ name: String) throws(StorageError) -> FileWriter {
    try requirePlainFileName(name)
    return try FileWriter(creating: output.partial + "/" + name)
  }

  /// Writes the whole file `name`, in place of one that an earlier run wrote.
  /// - Throws: `StorageError`.
  public func write(_ bytes: [UInt8], to name: String) throws(StorageError) {
    if isResumed { try discard(name) }
    var writer = try create(name)
    try writer.append(bytes)
    try writer.synchronize()
  }

  /// Brings the names of the files to the disk.
  /// - Throws: `StorageError.failed`.
  public func synchronize() throws(StorageError) {
    try FileDescriptor(reading: output.partial, flags: O_DIRECTORY).synchronize()
  }

  /// Gives the directory its final name. After a failure nothing has changed under that name.
  /// - Throws: `StorageError.failed`, `exists` if the name was taken meanwhile, `notReplaceable` if what has the name holds
  ///   more than plain files.
  public consuming func commit() throws(StorageError) {
    try synchronize()
    do throws(StorageError) {
      if overwrites && output.exists { try replace() } else { try output.publish(overwriting: false) }
    } catch {
      // Renamed, but the parent is perhaps not on the disk: nothing is left to resume.
      if OutputPath.status(output.partial) == nil { StagedDirectory.forgetResume(output) }
      throw error
    }
    isCommitted = true
    StagedDirectory.forgetResume(output)
  }

  /// Removes the file that says how to go on, and what a run killed while it wrote that file has left.
  private static func forgetResume(_ output: OutputPath) {
    let resume = OutputPath(output.resume)
    for path in [resume.final, resume.partial, resume.final + ".lock"] { unsafe unlink(path) }
  }

  /// Puts the new directory in the place of the old one, which is then removed.
  private func replace() throws(StorageError) {
    guard StagedDirectory.isFlat(output.final) else { throw .notReplaceable(path: output.final) }
    let exchanged = try UnfinishedOutputs.publish { () throws(StorageError) in
      try OutputPath.exchange(output.partial, output.final)
    }
    if exchanged {
      try FileDescriptor(reading: output.parent, flags: O_DIRECTORY).synchronize()
      return try StagedDirectory.remove(output.partial)
    }
    // This file system cannot swap names: killed between the two renames, the old directory is `DIR.replaced`, and
    // `recover` gives it its name back.
    try StagedDirectory.remove(output.replaced)
    try OutputPath.rename(output.final, to: output.replaced)
    do {
      try output.publish(overwriting: false)
    } catch {
      try? OutputPath.rename(output.replaced, to: output.final)
      throw error
    }
    try StagedDirectory.remove(output.replaced)
  }

  /// Gives an old directory its name back if a run was killed while it replaced it.
  private static func recover(_ output: OutputPath) throws(StorageError) {
    guard OutputPath.status(output.replaced) != nil else { return }
    if output.exists { try remove(output.replaced) } else { try OutputPath.rename(output.replaced, to: output.final) }
  }

  /// Removes the unfinished directory `path` while another thread may still create files in it.
  static func abandon(_ path: String) {
    for _ in 0..<100 { if (try? remove(path)) != nil { return } }
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

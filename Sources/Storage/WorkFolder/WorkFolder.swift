// The one folder beside an output in which a run makes it.
//
//   1. make NAME.skyquant-work with its marker and lock in it, or take over the one that a killed run has left
//   2. write `output` in it, and what is needed to go on where the run is stopped; fsync
//   3. rename `output` to NAME (an old directory NAME: swap both, then remove the old one), fsync the parent, remove the
//      folder
//
// Nothing outside the folder is ever removed, renamed, truncated or locked but NAME itself, with the user's
// leave; and a folder counts as ours only if it holds a marker that says so.
import Glibc

/// The folder `NAME.skyquant-work` beside the output `NAME`, in which one run makes it. No other user can
/// look into it.
///
/// A folder that is dropped goes with everything in it, unless it holds what a later run can go on with.
public struct WorkFolder: ~Copyable {
  /// What an output is.
  public enum Kind: Sendable { case file, directory }

  let output: OutputPath
  let kind: Kind
  let overwrites: Bool
  private let lock: FileDescriptor
  /// Whether this run goes on with what a stopped one has left.
  public private(set) var isResumed: Bool
  private var isRemoved = false

  /// Makes the folder for the output `path`, or takes over the one that a stopped run has left.
  /// - Parameters:
  ///   - overwriting: Whether an existing output is replaced at the end, and a stopped run's work dropped.
  ///   - resuming: Whether to go on with a stopped run's work if there is any.
  /// - Throws: `StorageError.exists`, `notReplaceable` or `cannotCreate` for the output's name; `locked` if
  ///   another run makes this output; `unfinished` if there is work that nobody said what to do with;
  ///   `notAWorkFolder` or `foreign` if something that is not ours is in the way.
  public init(
    for path: String, making kind: Kind, overwriting: Bool = false, resuming: Bool = false
  ) throws(StorageError) {
    output = OutputPath(path)
    self.kind = kind
    overwrites = overwriting
    try output.require(kind, overwriting: overwriting)
    TemporaryName.sweep(output)
    let claim = try WorkFolder.claim(output, kind, overwriting: overwriting, resuming: resuming)
    isResumed = claim.isResumed
    lock = claim.lock
  }

  deinit {
    guard !isRemoved else { return }
    try? UnfinishedOutputs.end(output.final) { () throws(StorageError) in try WorkFolder.abandon(output) }
  }

  /// Tells the run that made this folder from all others, also after it was stopped and resumed.
  public var runID: String { RunMarker.read(lock)?.id ?? "" }

  /// The final name of the output.
  public var destination: String { output.final }

  func path(_ item: WorkItem) -> String { output.path(item) }

  /// Drops what a stopped run has left but what it had prepared: this one starts from the beginning.
  /// - Throws: `StorageError.failed`.
  public mutating func restart() throws(StorageError) {
    for item in WorkItem.allCases where item != .run && item != .prepared { try item.remove(from: output.work) }
    isResumed = false
  }

  /// Removes the folder.
  /// - Throws: `StorageError.foreign` if it holds something that is not ours; then all stays. `failed`.
  mutating func remove() throws(StorageError) {
    isRemoved = true
    try UnfinishedOutputs.end(output.final) { () throws(StorageError) in try WorkFolder.remove(output) }
  }

  /// Gives `output` its final name and removes the folder. After a failure nothing has changed under that
  /// name.
  /// - Throws: `StorageError.failed`, `foreign`, `exists` if the name was taken meanwhile. If only the parent directory
  ///   cannot be brought to the disk the output has its name already, but might lose it when the power fails;
  ///   it also has it if only the folder cannot be removed.
  mutating func publish() throws(StorageError) {
    try output.require(kind, overwriting: overwrites)
    _ = try WorkFolder.items(in: output.work)  // or the folder could not be removed
    try UnfinishedOutputs.publish(output.final) { () throws(StorageError) in
      try giveName()
      // Whether or not this is on the disk, there is nothing left to go on with.
      let failure = Result { () throws(StorageError) in try OutputPath.synchronize(output.parent) }
      for item in [WorkItem.resume, .nextResume, .journal, .prepared] { try item.remove(from: output.work) }
      try failure.get()
    }
    do throws(StorageError) {
      try remove()
    } catch {
      throw .failed(operation: "removing the work folder of the finished output", path: output.work, reason: "\(error)")
    }
  }

  private func giveName() throws(StorageError) {
    switch kind {
    case .file where overwrites: try OutputPath.rename(path(.output), to: output.final)
    case .directory where overwrites && output.exists: try replaceDirectory()
    default:
      guard try OutputPath.renameToFree(path(.output), output.final) else { throw .exists(path: output.final) }
    }
  }

  /// Puts the new directory in the place of the old one, which is then in this folder.
  private func replaceDirectory() throws(StorageError) {
    if try OutputPath.exchange(path(.output), output.final) { return }
    // This file system cannot swap names: killed between the two renames, the old directory is `replaced`,
    // and the next run gives it its name back.
    try OutputPath.rename(output.final, to: path(.replaced))
    guard (try? OutputPath.rename(path(.output), to: output.final)) != nil else {
      try OutputPath.rename(path(.replaced), to: output.final)
      throw .failing("rename", output.final)
    }
  }
}

extension WorkFolder {
  /// Checks that a folder for the output `path` could be had now, and that there is room for `byteCount` bytes. Nothing is
  /// made.
  /// - Throws: as `init` and `requireRoom`, but for a folder that is another run's or foreign.
  public static func requirePossible(
    for path: String, making kind: Kind, overwriting: Bool, resuming: Bool, byteCount: Int
  ) throws(StorageError) {
    let output = OutputPath(path)
    try output.require(kind, overwriting: overwriting)
    guard overwriting || resuming || unfinishedKind(of: output) == nil else { throw .unfinished(path: output.final) }
    let free = try FileDescriptor(reading: output.parent, flags: O_DIRECTORY).freeByteCount()
    guard byteCount <= free else { throw .noSpace(path: output.final, needed: byteCount, free: free) }
  }

  /// Checks that there is room on the disk for the output, what is in the folder already counted in.
  /// - Parameters:
  ///   - byteCount: Bytes of everything that will lie in the folder at the same time.
  ///   - largestFile: Bytes of the largest file of it.
  /// - Throws: `StorageError.noSpace`, `beyondFileSize`.
  public func requireRoom(for byteCount: Int, largestFile: Int) throws(StorageError) {
    if let limit = StorageError.fileSizeLimit, largestFile > limit {
      throw .beyondFileSize(path: output.final, limit: limit)
    }
    let needed = byteCount - (try allocatedByteCount())
    let free = try FileDescriptor(reading: output.parent, flags: O_DIRECTORY).freeByteCount()
    guard needed <= free else { throw .noSpace(path: output.final, needed: needed, free: free) }
  }

  /// Bytes on the disk of the files in the folder, and of those in a directory that is being made in it.
  private func allocatedByteCount() throws(StorageError) -> Int {
    var paths: [String] = []
    for item in try WorkFolder.items(in: output.work) {
      let path = path(item)
      guard OutputPath.status(path)?.isDirectory == true else {
        paths.append(path)
        continue
      }
      paths += try FlatDirectory.names(in: path).map { path + "/" + $0 }
    }
    return paths.reduce(0) { $0 + (OutputPath.status($1)?.st_blocks ?? 0) * 512 }
  }
}

extension WorkFolder {
  /// The path of the state.
  public var statePath: String { path(.resume) }

  /// Whether a stopped run has left a state.
  public var hasState: Bool { isResumed && OutputPath.status(statePath) != nil }

  /// Replaces the state in one step by what `write` appends to a new file.
  /// - Throws: `StorageError.failed`, and what `write` throws; then the old state is as it was.
  public func replaceState(_ write: (inout FileWriter) throws -> Void) throws {
    try WorkItem.nextResume.remove(from: output.work)
    var writer = try FileWriter(creating: path(.nextResume))
    try write(&writer)
    try writer.synchronize()
    try OutputPath.rename(path(.nextResume), to: path(.resume))
    try OutputPath.synchronize(output.work)
  }

  /// What tells the directory that is being made from others that may take its place in the folder.
  public var directoryIdentity: UInt { OutputPath.status(path(.output))?.st_ino ?? 0 }

  /// Whether the directory in a resumed folder is the one of this identity. After a run was killed that had
  /// just swapped old and new, it is the old one, and what was made is under the final name.
  public func holdsDirectory(of identity: UInt) -> Bool { identity == directoryIdentity || !output.exists }
}

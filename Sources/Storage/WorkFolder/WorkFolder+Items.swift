// What may lie in a work folder, and removing it. Anything else is not ours, and neither removed nor
// published.
import Glibc

/// Something in a work folder, by its name there.
enum WorkItem: String, CaseIterable {
  /// The marker and lock; see `RunMarker`.
  case run
  /// The file or directory that is being made.
  case output
  /// What says how much of a file is safely on the disk.
  case journal
  /// What a long run needs to go on where it was stopped.
  case resume
  /// The next `resume`, until it is complete.
  case nextResume = "resume.new"
  /// An old directory that waits for its successor to get its name, on file systems that cannot swap two
  /// names.
  case replaced
  /// What a run has found out before its first result; see `PreparedValues`.
  case prepared
  /// What a run keeps on the disk for want of memory; see `ScratchFile`. Nobody goes on with it.
  case scratch

  /// Checks that the item in `folder`, which is there, is of a kind that we make: a plain file, or a
  /// directory of them.
  /// - Throws: `StorageError.foreign`.
  func require(in folder: String) throws(StorageError) {
    let path = folder + "/" + rawValue
    guard let status = OutputPath.status(path) else { return }
    let mayBeFile = self != .replaced, mayBeDirectory = self == .replaced || self == .output
    if mayBeFile, status.isRegularFile { return }
    guard mayBeDirectory, status.isDirectory else { throw .foreign(path: path) }
    _ = try FlatDirectory.names(in: path)
  }

  /// Removes the item from `folder` if it is there.
  func remove(from folder: String) throws(StorageError) {
    let path = folder + "/" + rawValue
    guard let status = OutputPath.status(path) else { return }
    if status.isDirectory { try FlatDirectory.remove(path) } else { try OutputPath.unlink(path) }
  }
}

extension WorkFolder {
  /// What lies in `folder`.
  /// - Throws: `StorageError.foreign` for the first name that is not ours.
  static func items(in folder: String) throws(StorageError) -> [WorkItem] {
    let directory = try FileDescriptor(reading: folder, flags: O_DIRECTORY | O_NOFOLLOW)
    var items: [WorkItem] = []
    for entry in try directory.entries() {
      guard let item = entry.name.flatMap(WorkItem.init) else { throw .foreign(path: entry.path(in: folder)) }
      try item.require(in: folder)
      items.append(item)
    }
    return items
  }

  /// Removes the folder of `output` if nobody can go on with what is in it, and what is of no use then if somebody can.
  /// - Throws: as `remove`.
  static func abandon(_ output: OutputPath) throws(StorageError) {
    guard unfinishedKind(of: output) == nil else { return try WorkItem.scratch.remove(from: output.work) }
    try remove(output)
  }

  /// Removes the folder of `output`, whose lock the caller holds. It loses its name first: under that it is
  /// never without its marker, and nothing new is made in it.
  /// - Throws: `StorageError.foreign` if something in it is not ours; then all stays. `failed`.
  static func remove(_ output: OutputPath) throws(StorageError) {
    _ = try items(in: output.work)
    let path = TemporaryName.make(for: output)
    try OutputPath.rename(output.work, to: path)
    try removeContents(of: path)
  }

  /// Removes `folder`, which has a temporary name.
  static func removeContents(of folder: String) throws(StorageError) {
    for item in try items(in: folder) where item != .run { try item.remove(from: folder) }
    try WorkItem.run.remove(from: folder)
    guard unsafe rmdir(folder) == 0 || errno == ENOENT else { throw .failing("rmdir", folder) }
  }

  /// Removes `folder`, whose temporary name proves that it is ours, if no run holds its lock.
  ///
  /// A run that was killed when it had just made the folder has left a marker that is empty or cut off.
  /// - Throws: `StorageError`; then all stays.
  static func removeAbandoned(_ folder: String) throws(StorageError) {
    let marker = try FileDescriptor(updating: folder + "/" + WorkItem.run.rawValue)
    // Where there are no locks nobody knows whether it is in use.
    guard try marker.lock(waits: false) == .locked else { return }
    let size = try marker.regularFileSize(), items = try items(in: folder)
    let isBegun = size < RunMarker.byteCount && items == [.run]
    guard isBegun || RunMarker.read(marker) != nil else { return }
    try removeContents(of: folder)
  }
}

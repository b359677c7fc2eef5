// What may lie in a work folder. Anything else in it is not ours, and neither removed nor published.
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

// What a long run needs to go on where it was stopped: the file `resume` in its work folder.
import Glibc

extension WorkFolder {
  /// The path of the state, which is there if the folder `isResumed`.
  public var statePath: String { path(.resume) }

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

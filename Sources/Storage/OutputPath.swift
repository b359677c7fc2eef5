// How an output gets its final name: everything is written under NAME.partial, and renamed when it is complete.
import CLinux
import Glibc

/// The names that belong to one output.
struct OutputPath {
  /// The final name.
  let final: String
  /// What is written before the output is complete.
  var partial: String { final + ".partial" }
  /// What says how much of the partial output is safely on the disk, if it can be resumed.
  var journal: String { final + ".journal" }
  /// What a long run needs to go on where it was stopped, beside a directory that is not complete.
  var resume: String { final + ".resume" }
  /// Where a directory that is being replaced waits for its successor.
  var replaced: String { final + ".replaced" }
  /// The directory that all of them lie in.
  let parent: String

  /// The output `path`; trailing slashes do not count.
  init(_ path: String) {
    var trimmed = Substring(path)
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
    final = String(trimmed)
    guard let slash = trimmed.lastIndex(of: "/") else {
      parent = "."
      return
    }
    parent = slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
  }

  /// Whether something has the final name, be it a dangling link.
  var exists: Bool { OutputPath.status(final) != nil }

  /// Checks that a file may get the final name.
  /// - Throws: `StorageError.exists`, or `cannotCreate` if a directory has the name.
  func requireFile(overwriting: Bool) throws(StorageError) {
    guard overwriting || !exists else { throw .exists(path: final) }
    if OutputPath.status(final)?.isDirectory == true {
      throw .cannotCreate(path: final, reason: "a directory has this name")
    }
  }

  /// Free bytes of the disk that the output will lie on.
  /// - Throws: `StorageError.cannotCreate` if the directory for it is missing or cannot be read.
  func freeByteCount() throws(StorageError) -> Int {
    do throws(StorageError) {
      return try FileDescriptor(reading: parent, flags: O_DIRECTORY).freeByteCount()
    } catch {
      throw .cannotCreate(path: final, reason: "\(error)")
    }
  }

  /// Gives the partial output its final name.
  ///
  /// Another run of this program cannot interfere, as the caller holds the output's lock; a file that another
  /// program puts here between the check and the rename is replaced.
  func publish(overwriting: Bool) throws(StorageError) {
    guard overwriting || !exists else { throw .exists(path: final) }
    try UnfinishedOutputs.publish { () throws(StorageError) in try OutputPath.rename(partial, to: final) }
    try FileDescriptor(reading: parent, flags: O_DIRECTORY).synchronize()
  }

  /// `rename(2)`: atomic, and what has the new name is replaced if it is a file or an empty directory.
  static func rename(_ old: String, to new: String) throws(StorageError) {
    guard unsafe Glibc.rename(old, new) == 0 else { throw .failing("rename", new) }
  }

  /// Swaps two names in one step; false if the file system cannot.
  static func exchange(_ first: String, _ second: String) throws(StorageError) -> Bool {
    guard unsafe exchange_names(first, second) != 0 else { return true }
    if errno == EINVAL || errno == ENOSYS { return false }
    throw .failing("rename", second)
  }

  /// What the system knows about `path` itself, not about what it may link to.
  static func status(_ path: String) -> stat? {
    var status = stat()
    return unsafe lstat(path, &status) == 0 ? status : nil
  }
}

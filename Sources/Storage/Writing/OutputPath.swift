// The names of an output, what may have them already, and renaming in one step.
//
// No directories but those of plain files are ever removed or replaced, so that a mistyped `--out ~` with
// `--force` cannot cost anything.
import Basics
import CLinux
import Glibc

/// An output's final name, and the folder beside it in which it is made.
struct OutputPath {
  /// What the name of a work folder ends in.
  static let workSuffix = ".skyquant-work"

  /// The final name.
  let final: String
  /// The directory that the final name lies in.
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

  /// The last component of the final name.
  var name: Substring {
    guard final != "/", let slash = final.lastIndex(of: "/") else { return final[...] }
    return final[final.index(after: slash)...]
  }

  /// The folder in which the output is made.
  var work: String { final + OutputPath.workSuffix }

  /// Something in that folder.
  func path(_ item: WorkItem) -> String { work + "/" + item.rawValue }

  /// Whether something has the final name, be it a dangling link.
  var exists: Bool { OutputPath.status(final) != nil }

  /// Checks that the final name is one for an output.
  /// - Throws: `StorageError.cannotCreate`.
  func requireName() throws(StorageError) {
    guard !["", ".", "..", "/"].contains(name) else {
      throw .cannotCreate(path: final, reason: "'\(final.displayed)' is no name for an output")
    }
    guard !name.hasSuffix(OutputPath.workSuffix), !TemporaryName.isOne(name) else {
      throw .cannotCreate(path: final, reason: "folders in which outputs are made have such names")
    }
  }

  /// Checks that a file or directory may get the final name.
  /// - Throws: `StorageError.exists`; `notReplaceable` for a directory that holds more than plain files;
  ///   `cannotCreate` if the name is none for an output, or a directory has it and a file is to be made.
  func require(_ kind: WorkFolder.Kind, overwriting: Bool) throws(StorageError) {
    try requireName()
    guard let status = OutputPath.status(final) else { return }
    guard overwriting else { throw .exists(path: final) }
    switch kind {
    case .file where status.isDirectory: throw .cannotCreate(path: final, reason: "a directory has this name")
    case .directory where !FlatDirectory.isOne(final): throw .notReplaceable(path: final)
    default: return
    }
  }

  /// `rename(2)`: atomic, and what has the new name is replaced if it is a file or an empty directory.
  static func rename(_ old: String, to new: String) throws(StorageError) {
    guard unsafe Glibc.rename(old, new) == 0 else { throw .failing("rename", new) }
  }

  /// Renames unless something has the new name; then false.
  ///
  /// A file system that cannot do both in one step is asked first, and what another program puts there
  /// between the question and the rename is replaced.
  static func renameToFree(_ old: String, _ new: String) throws(StorageError) -> Bool {
    guard unsafe rename_to_free_name(old, new) != 0 else { return true }
    switch errno {
    case EEXIST: return false
    case EINVAL, ENOSYS:
      guard status(new) == nil else { return false }
      try rename(old, to: new)
      return true
    default: throw .failing("rename", new)
    }
  }

  /// Swaps two names in one step; false if the file system cannot.
  static func exchange(_ first: String, _ second: String) throws(StorageError) -> Bool {
    guard unsafe exchange_names(first, second) != 0 else { return true }
    if errno == EINVAL || errno == ENOSYS { return false }
    throw .failing("rename", second)
  }

  /// Removes the file `path` if it is there.
  static func unlink(_ path: String) throws(StorageError) {
    guard unsafe Glibc.unlink(path) == 0 || errno == ENOENT else { throw .failing("unlink", path) }
  }

  /// What the system knows about `path` itself, not about what it may link to.
  static func status(_ path: String) -> stat? {
    var status = stat()
    return unsafe lstat(path, &status) == 0 ? status : nil
  }

  /// Brings the names in the directory `path` to the disk.
  static func synchronize(_ path: String) throws(StorageError) {
    try FileDescriptor(reading: path, flags: O_DIRECTORY).synchronize()
  }
}

enum FlatDirectory {
  /// Whether `path` is a directory, no link, with no directory in it.
  static func isOne(_ path: String) -> Bool { (try? names(in: path)) != nil }

  /// All names in the directory `path`, which is no link.
  /// - Throws: `StorageError.foreign` for a directory in it.
  static func names(in path: String) throws(StorageError) -> [String] {
    let directory = try FileDescriptor(reading: path, flags: O_DIRECTORY | O_NOFOLLOW)
    var names: [String] = []
    for entry in try directory.entries() {
      guard !entry.isDirectory, let name = entry.name else { throw .foreign(path: entry.path(in: path)) }
      names.append(name)
    }
    return names
  }

  /// Removes the directory `path` with its files if it is there.
  static func remove(_ path: String) throws(StorageError) {
    guard OutputPath.status(path) != nil else { return }
    for name in try names(in: path) { try OutputPath.unlink(path + "/" + name) }
    guard unsafe rmdir(path) == 0 else { throw .failing("rmdir", path) }
  }
}

extension DirectoryEntry {
  /// Where it lies, for messages.
  func path(in directory: String) -> String { directory + "/" + (name ?? "(a name that is not UTF-8)") }
}

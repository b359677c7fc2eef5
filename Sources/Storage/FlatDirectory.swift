// Directories that hold nothing but plain files: no others are ever removed or replaced, so that a mistyped
// `--out ~` with `--force` cannot cost anything.
import Glibc
import Tensors

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

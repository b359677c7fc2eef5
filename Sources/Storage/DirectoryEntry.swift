// Listing an open directory.
import Glibc

/// One name in a directory.
struct DirectoryEntry {
  /// Nil if the name is not UTF-8.
  let name: String?
  /// Whether it is, as far as the file system tells without asking further, a directory.
  let isDirectory: Bool
  /// Whether it may be a regular file or a link to one.
  let mayBeFile: Bool
}

extension FileDescriptor {
  /// The entries of a directory but `.` and `..`, in no particular order.
  func entries() throws(StorageError) -> [DirectoryEntry] {
    // The stream closes the descriptor it is given, and a duplicate would share its position.
    let copy = unsafe openat(number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard copy >= 0, let stream = unsafe fdopendir(copy) else { throw .failing("opendir", path) }
    defer { unsafe closedir(stream) }
    var entries: [DirectoryEntry] = []
    while let entry = unsafe readdir(stream) {
      let kind = unsafe Int(entry.pointee.d_type)
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard name != ".", name != ".." else { continue }
      entries.append(
        DirectoryEntry(
          name: name, isDirectory: kind == DT_DIR, mayBeFile: [DT_REG, DT_LNK, DT_UNKNOWN].contains { kind == $0 }))
    }
    return entries
  }
}

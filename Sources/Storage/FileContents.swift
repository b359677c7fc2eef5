// Reading a small file whole.

/// All bytes of the regular file `path`, at most `limit` of them. The path is the user's own: links are followed.
/// - Throws: `StorageError`; a file over the limit is refused before it is read, and a path with U+0000 before anything is
///   opened, as the system would end it there.
public func readFile(_ path: String, limit: Int) throws(StorageError) -> [UInt8] {
  guard !path.utf8.contains(0) else { throw .notAPlainFileName(path) }
  return try FileDescriptor(reading: path).contents(limit: limit)
}

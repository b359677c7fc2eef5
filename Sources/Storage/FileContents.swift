// Reading a small file whole.

/// All bytes of the regular file `path`, at most `limit` of them. The path is the user's own: links are followed.
/// - Throws: `StorageError`; a file over the limit is refused before it is read.
public func readFile(_ path: String, limit: Int) throws(StorageError) -> [UInt8] {
  try FileDescriptor(reading: path).contents(limit: limit)
}

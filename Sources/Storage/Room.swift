// Whether what a command is about to write will fit, asked before the work.
import Glibc

extension WorkFolder {
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

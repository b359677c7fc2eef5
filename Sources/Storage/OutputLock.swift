// Keeps two runs from writing one output. The lock is the kernel's (flock), so a run that was killed leaves no
// obstacle; the file `OUTPUT.lock` only gives the lock a name and holds the process id for messages.
import Glibc

/// The exclusive right to write one output, given back when the value goes away.
struct OutputLock: ~Copyable {
  private let file: FileDescriptor

  /// Locks the output `path`.
  /// - Throws: `StorageError.locked` if another run holds the lock; `cannotCreate` if there can be no lock file.
  init(for path: String) throws(StorageError) {
    let lockPath = path + ".lock"
    while true {
      let file = try FileDescriptor(lockFile: lockPath)
      guard flock(file.number, LOCK_EX | LOCK_NB) == 0 else {
        guard errno == EWOULDBLOCK else { throw .failing("flock", lockPath) }
        throw .locked(path: path, processID: OutputLock.processID(in: file))
      }
      // The previous holder may have removed the file between our open and our flock: then we hold nothing.
      var named = stat()
      guard unsafe stat(lockPath, &named) == 0, named.isSameFile(as: try file.status()) else { continue }
      try OutputLock.leaveProcessID(in: file)
      self.file = file
      return
    }
  }

  deinit { unsafe unlink(file.path) }  // before the descriptor is closed, so that nobody locks a file about to vanish

  private static func processID(in file: borrowing FileDescriptor) -> Int? {
    guard let bytes = try? file.contents(limit: 32), let text = String(validating: bytes, as: UTF8.self)
    else { return nil }
    return Int(text)
  }

  private static func leaveProcessID(in file: borrowing FileDescriptor) throws(StorageError) {
    try file.truncate(to: 0)
    try file.write(Array(String(getpid()).utf8), at: 0)
  }
}

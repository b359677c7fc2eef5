// Keeps two runs from writing one output. The lock is the kernel's (flock), so a run that was killed leaves no
// obstacle; the file `OUTPUT.lock` only gives the lock a name and says for messages who holds it.
import Glibc

/// Who holds a lock: `PID SECONDS` in the lock file, seconds since 1970.
public struct LockHolder: Sendable, Equatable, CustomStringConvertible {
  /// Its process.
  public let processID: Int
  /// When it took the lock.
  public let since: Int

  fileprivate init?(_ text: String) {
    let words = text.split(separator: " ").compactMap { Int($0) }
    guard words.count == 2 else { return nil }
    (processID, since) = (words[0], words[1])
  }

  /// `pid 4711 since 2026-11-24 09:30:00 UTC`.
  public var description: String {
    var seconds = time_t(since)
    var parts = unsafe tm()
    unsafe gmtime_r(&seconds, &parts)
    var text = [CChar](repeating: 0, count: 32)
    let count = unsafe strftime(&text, text.count, "%Y-%m-%d %H:%M:%S UTC", &parts)
    return "pid \(processID) since " + String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// The exclusive right to write one output, given back when the value goes away.
struct OutputLock: ~Copyable {
  private let file: FileDescriptor
  private let path: String

  /// Locks the output `path`.
  /// - Throws: `StorageError.locked` if another run holds the lock; `cannotCreate` if there can be no lock file.
  init(for path: String) throws(StorageError) {
    let lockPath = path + ".lock"
    while true {
      let file = try FileDescriptor(lockFile: lockPath)
      guard flock(file.number, LOCK_EX | LOCK_NB) == 0 else {
        guard errno == EWOULDBLOCK else { throw .failing("flock", lockPath) }
        throw .locked(path: path, by: OutputLock.holder(in: file))
      }
      // The previous holder may have removed the file between our open and our flock: then we hold nothing.
      var named = stat()
      guard unsafe stat(lockPath, &named) == 0, named.isSameFile(as: try file.status()) else { continue }
      try OutputLock.leaveName(in: file)
      UnfinishedOutputs.begin(path)
      self.file = file
      self.path = path
      return
    }
  }

  deinit {
    UnfinishedOutputs.end(path)
    unsafe unlink(file.path)  // before the descriptor is closed, so that nobody locks a file about to vanish
  }

  private static func holder(in file: borrowing FileDescriptor) -> LockHolder? {
    guard let bytes = try? file.contents(limit: 64) else { return nil }
    return String(validating: bytes, as: UTF8.self).flatMap(LockHolder.init)
  }

  private static func leaveName(in file: borrowing FileDescriptor) throws(StorageError) {
    try file.truncate(to: 0)
    try file.write(Array("\(getpid()) \(time(nil))".utf8), at: 0)
  }
}

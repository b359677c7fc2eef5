// The file `run` in a work folder. It proves that skyquant made the folder, names the run, carries the lock
// that keeps a second run out, and says who holds it. The lock is the kernel's (flock), so a run that was
// killed leaves no obstacle.
import Glibc

/// Who holds a lock.
public struct LockHolder: Sendable, Equatable, CustomStringConvertible {
  public let processID: Int
  /// When it took the lock, in seconds since 1970.
  public let since: Int

  /// This process, now.
  static var current: LockHolder { LockHolder(processID: Int(getpid()), since: time(nil)) }

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

/// What the file `run` says:
///
///     skyquant-work 1
///     run 5f0c9a7be1d24c88
///     pid       4711
///     since 1764149400
///     sha256 HEX               of the lines above
///
/// Always as many bytes, so that a run that goes on puts its own holder in place with one write.
struct RunMarker {
  /// Bytes of the file.
  static let byteCount = 141

  /// The run that began the work, 16 hexadecimal digits.
  let id: String
  /// Who works in the folder, or did last.
  var holder: LockHolder

  /// The marker of a run that this process begins.
  init() {
    id = hexadecimal(UInt64.random(in: 0 ... .max), digits: 16)
    holder = .current
  }

  /// Nil for anything but what `bytes` gives.
  init?(_ bytes: [UInt8]) {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { $0.split(separator: " ") }
    guard lines.count == 5, lines.allSatisfy({ $0.count == 2 }), let processID = Int(lines[2][1]),
      let since = Int(lines[3][1])
    else { return nil }
    id = String(lines[1][1])
    holder = LockHolder(processID: processID, since: since)
    guard self.bytes == bytes else { return nil }
  }

  /// The content of the file.
  var bytes: [UInt8] {
    let pid = String(holder.processID)
    let padding = String(repeating: " ", count: max(0, 10 - pid.count))
    let head = "skyquant-work 1\nrun \(id)\npid \(padding)\(pid)\nsince \(holder.since)\n"
    return Array("\(head)sha256 \(SHA256Hasher.hash(Array(head.utf8)))\n".utf8)
  }

  /// Creates the file in `folder`, locks it and brings it to the disk.
  /// - Returns: The open file; the lock lasts until it is closed.
  static func create(in folder: String) throws(StorageError) -> FileDescriptor {
    let file = try FileDescriptor(creating: folder + "/" + WorkItem.run.rawValue, mode: 0o600)
    // Waits only for a run that takes the folder for an abandoned one; what follows notices that it has gone.
    _ = try file.lock(waits: true)
    try file.write(RunMarker().bytes, at: 0)
    try file.synchronize()
    return file
  }

  /// The marker in an open file; nil if it is none.
  static func read(_ file: borrowing FileDescriptor) -> RunMarker? {
    (try? file.contents(limit: byteCount)).flatMap(RunMarker.init)
  }
}

/// `value` in at least so many hexadecimal digits.
func hexadecimal(_ value: UInt64, digits: Int) -> String {
  let text = String(value, radix: 16)
  return String(repeating: "0", count: max(0, digits - text.count)) + text
}

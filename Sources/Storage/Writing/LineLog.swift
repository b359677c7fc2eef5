// A file that only grows, line by line: what a run of hours has found out stays, whatever ends the run.

/// Appends lines to a file that this process holds the lock of, and gives those that are there already.
///
/// A line is there whole or not at all: what a killed run has left of its last one is cut off when the file is
/// opened again. Lines are on the disk when `append` returns.
public final class LineLog {
  private let file: FileDescriptor
  private var byteCount: Int

  /// Opens the file `path`, or creates it.
  /// - Parameters:
  ///   - beginning: What every line begins with. Only a cut last line that begins so is cut off; another one is
  ///     somebody else's, and given to `onLine` like a whole one.
  ///   - permissions: Who may read a file that is created.
  ///   - onLine: Called with each line that is there; what it throws leaves the file as it is.
  /// - Throws: `StorageError.locked` if another process appends to the file; `cannotCreate` and others where it
  ///   cannot be opened; what `onLine` throws.
  public init(
    path: String, beginning: String, permissions: OutputPermissions = .everyone, onLine: (FileLine) throws -> Void
  ) throws {
    try OutputPath(path).requireName()
    let file = try LineLog.opened(path, permissions)
    guard try file.lock(waits: false) != .held else { throw StorageError.locked(path: path, by: nil) }
    _ = try file.regularFileSize()
    let end = try LineLog.read(path, beginning: Array(beginning.utf8), onLine)
    try file.truncate(to: end)
    byteCount = end
    self.file = file
    UnfinishedOutputs.keep(path)
  }

  deinit { UnfinishedOutputs.forgetKept(file.path) }

  private static func opened(
    _ path: String, _ permissions: OutputPermissions
  ) throws(StorageError) -> FileDescriptor {
    while true {
      do throws(StorageError) {
        return try FileDescriptor(updating: path)
      } catch {
        switch error {
        case .missing: break
        case .permissionDenied: throw .cannotCreate(path: path, reason: "permission denied")
        case .failed: throw .cannotCreate(path: path, reason: "not a file that could be appended to")
        default: throw error
        }
      }
      do throws(StorageError) {
        return try FileDescriptor(creating: path, mode: permissions.fileMode)
      } catch {
        guard case .exists = error else { throw error }  // another run was faster
      }
    }
  }

  /// Gives all lines.
  /// - Returns: Bytes of those that end in a line feed.
  private static func read(_ path: String, beginning: [UInt8], _ onLine: (FileLine) throws -> Void) throws -> Int {
    let mapping = try MappedFile(path: path)
    var end = 0, next = mapping.line(1, from: 0)
    while let line = next {
      if !line.isWhole, line.bytes.starts(with: beginning) || beginning.starts(with: line.bytes) { break }
      try onLine(line)
      guard line.isWhole else { throw StorageError.altered(path: path, place: "line \(line.number)") }
      end = line.end
      next = mapping.line(line.number + 1, from: end)
    }
    return end
  }

  /// Appends a line, which holds no line feed, and brings it to the disk. After a failure the file ends as it did
  /// before.
  /// - Throws: `StorageError.failed`, also for a full disk; `beyondFileSize`.
  public func append(_ line: [UInt8]) throws(StorageError) {
    do throws(StorageError) {
      try file.write(line + [UInt8(ascii: "\n")], at: byteCount)
      try file.synchronize()
    } catch {
      try? file.truncate(to: byteCount)
      throw error
    }
    byteCount += line.count + 1
  }
}

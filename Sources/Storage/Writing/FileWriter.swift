// Writing a new file from start to end, with the chance to fill in a range later, and who may read what is
// written.
import Glibc

/// Takes bytes one run after another.
public protocol ByteSink: ~Copyable {
  /// Appends all of `bytes`.
  /// - Throws: `StorageError.failed`.
  mutating func append(_ bytes: RawSpan) throws(StorageError)
}

extension ByteSink where Self: ~Copyable {
  /// Appends all of `bytes`.
  /// - Throws: `StorageError.failed`.
  public mutating func append(_ bytes: [UInt8]) throws(StorageError) {
    // Through an unsafe view because `Span.bytes` counts as unsafe; every UInt8 is a byte.
    try append(unsafe bytes.span.bytes)
  }
}

/// A new file that is being written. It did not exist before; it stays as it is if the writer is dropped.
public struct FileWriter: ~Copyable, ByteSink {
  private let file: FileDescriptor
  /// Bytes appended so far, those of an earlier run included.
  public private(set) var byteCount = 0

  /// Creates the file `path`.
  /// - Throws: `StorageError.exists` or `cannotCreate`.
  public init(creating path: String, permissions: OutputPermissions = .everyone) throws(StorageError) {
    file = try FileDescriptor(creating: path, mode: permissions.fileMode)
  }

  /// Goes on with the file `path` after its first `byteCount` bytes; what follows them is cut off.
  /// - Throws: `StorageError`; `changedWhileReading` if it has fewer bytes.
  public init(continuing path: String, at byteCount: Int) throws(StorageError) {
    file = try FileWriter.reopened(path, keeping: byteCount)
    self.byteCount = byteCount
  }

  private static func reopened(_ path: String, keeping byteCount: Int) throws(StorageError) -> FileDescriptor {
    let file = try FileDescriptor(updating: path)
    guard try file.regularFileSize() >= byteCount else { throw .changedWhileReading(path: path) }
    try file.truncate(to: byteCount)
    return file
  }

  public var path: String { file.path }

  /// Reserves room on the disk for `byteCount` bytes, so that a full disk shows now and not in hours. The file has
  /// this size afterwards.
  /// - Throws: `StorageError.noSpace`.
  public func reserve(_ byteCount: Int) throws(StorageError) { try file.reserve(byteCount) }

  /// Appends all of `bytes`.
  /// - Throws: `StorageError.failed`, also for a full disk that `reserve` was not asked about.
  public mutating func append(_ bytes: RawSpan) throws(StorageError) {
    try file.write(bytes, at: byteCount)
    byteCount += bytes.byteCount
  }

  /// Writes `bytes` over the file at `offset`; what `append` does next is not affected.
  /// - Throws: `StorageError.failed`, also for a full disk that `reserve` was not asked about.
  public func write(_ bytes: RawSpan, at offset: Int) throws(StorageError) { try file.write(bytes, at: offset) }

  /// Writes `bytes` over the file at `offset`; what `append` does next is not affected.
  /// - Throws: `StorageError.failed`, also for a full disk that `reserve` was not asked about.
  public func write(_ bytes: [UInt8], at offset: Int) throws(StorageError) { try file.write(bytes, at: offset) }

  /// Brings everything written to the disk. Must not be tried again after a failure.
  /// - Throws: `StorageError.failed`.
  public func synchronize() throws(StorageError) { try file.synchronize() }
}

/// The permissions of an output: group and others may read it only if they may read all that it is made from.
/// The user's umask takes away from them as usual.
public struct OutputPermissions: Sendable, Equatable {
  /// Those of an output that is made from nothing private.
  public static let everyone = OutputPermissions(group: true, others: true)

  private let group: Bool
  private let others: Bool

  private init(group: Bool, others: Bool) {
    self.group = group
    self.others = others
  }

  /// The permissions of an output made from the files and directories `sources`. What is not there says
  /// nothing.
  public init(from sources: [String]) {
    var readable: mode_t = 0o077
    for source in sources {
      var status = stat()
      guard unsafe stat(source, &status) == 0 else { continue }
      // The names in a directory are no use without leave to enter it.
      let mode = status.isDirectory ? status.st_mode & (status.st_mode << 2) : status.st_mode
      readable &= mode
    }
    self.init(group: readable & S_IRGRP != 0, others: readable & S_IROTH != 0)
  }

  /// Those of an output that is also made from what `other` is made from.
  public func intersection(_ other: OutputPermissions) -> OutputPermissions {
    OutputPermissions(group: group && other.group, others: others && other.others)
  }

  /// Of a file.
  var fileMode: mode_t { 0o600 | (group ? 0o040 : 0) | (others ? 0o004 : 0) }
  /// Of a directory.
  var directoryMode: mode_t { 0o700 | (group ? 0o050 : 0) | (others ? 0o005 : 0) }
}

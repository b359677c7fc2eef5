// A file in the address space. `Data(.mappedIfSafe)` of Foundation does not map on Linux, it reads.
import Glibc
public import Tensors

/// A regular file mapped read-only. The mapping lives as long as the object.
///
/// If another process shortens the file, touching the lost part raises SIGBUS; see `installTruncationHandler()`.
@safe public final class MappedFile: ByteStorage {
  public let path: String
  /// Size when opened, and length of the mapping.
  public let byteCount: Int
  private let status: FileStatus
  private let isSettled: Bool
  /// Nil for an empty file, which cannot be mapped.
  private nonisolated(unsafe) let base: UnsafeMutableRawPointer?  // never changes, and what it points to is read-only

  /// What tells whether a file is still the one that was opened.
  private struct FileStatus: Equatable {
    let device: UInt
    let inode: UInt
    let size: Int
    let modified: Time
    /// Of the last write, rename, link or change of mode, which no program can set.
    let touched: Time

    struct Time: Equatable {
      let seconds: Int
      let nanoseconds: Int

      init(_ time: timespec) { (seconds, nanoseconds) = (time.tv_sec, time.tv_nsec) }
    }

    init(_ status: stat) {
      device = status.st_dev
      inode = status.st_ino
      size = status.st_size
      modified = Time(status.st_mtim)
      touched = Time(status.st_ctim)
    }

    /// Whether a program that does not hide it has left the content alone.
    func hasContent(of other: FileStatus) -> Bool {
      device == other.device && inode == other.inode && size == other.size && modified == other.modified
    }
  }

  /// Maps the file `path`, which is the user's own word: links are followed. For names that come from a file use
  /// `DirectoryFiles.map`.
  /// - Throws: `StorageError`.
  public convenience init(path: String) throws(StorageError) {
    try self.init(FileDescriptor(reading: path))
  }

  init(_ file: borrowing FileDescriptor) throws(StorageError) {
    let size = try file.regularFileSize()
    var address: UnsafeMutableRawPointer?
    if size > 0 {
      unsafe address = mmap(nil, size, PROT_READ, MAP_SHARED, file.number, 0)
      guard unsafe address != MAP_FAILED else { throw .failing("mmap", file.path) }
    }
    status = FileStatus(try file.status())
    isSettled = time(nil) - status.touched.seconds >= Self.settlingSeconds
    path = file.path
    byteCount = size
    unsafe base = address
    let beginning = unsafe UnsafeRawBufferPointer(start: address, count: min(size, 1024))
    if let placeholder = unsafe Placeholder(RawSpan(_unsafeBytes: beginning), name: path) {
      if let address = unsafe address { unsafe munmap(address, size) }
      throw .placeholder(path: path, placeholder)
    }
    if let base = unsafe base { unsafe MappedRanges.add(base, byteCount: size, path: file.path) }
  }

  deinit {
    if let base = unsafe base {
      unsafe MappedRanges.remove(base)
      unsafe munmap(base, byteCount)
    }
  }

  /// Seconds after which a change that follows another one certainly shows in a file's times.
  private static let settlingSeconds = 2

  /// What tells this file, unchanged, from all others and from itself after a change: where it lies, its size and times.
  /// Nil if it was touched just before it was opened, for then another change may have left no trace.
  public var identity: String? {
    guard isSettled else { return nil }
    let times = [status.modified, status.touched].map { "\($0.seconds).\($0.nanoseconds)" }.joined(separator: " ")
    return "\(status.device) \(status.inode) \(status.size) \(times)"
  }

  /// Calls `body` with all bytes of the file.
  ///
  /// If another program truncates the file meanwhile, `body` ends the process (see `TruncationHandler`).
  /// - Throws: what `body` throws.
  public func withBytes<Result, Failure: Error>(_ body: (RawSpan) throws(Failure) -> Result) throws(Failure) -> Result {
    // The span cannot leave `body`, and `self` keeps the mapping until then.
    try unsafe body(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(start: base, count: byteCount)))
  }

  /// How the bytes will be read.
  public enum Access: Sendable { case sequential, random, soon }

  /// Tells the kernel how the file will be read; a hint only.
  public func advise(_ access: Access) {
    let advice =
      switch access {
      case .sequential: MADV_SEQUENTIAL
      case .random: MADV_RANDOM
      case .soon: MADV_WILLNEED
      }
    if let base = unsafe base { _ = unsafe madvise(base, byteCount, advice) }
  }

  /// Says that `range` will be read soon, so that it comes from the disk meanwhile; a hint only.
  public func prefetch(_ range: Range<Int>) {
    let first = range.lowerBound / Int(getpagesize()) * Int(getpagesize())
    guard !range.isEmpty, let base = unsafe base else { return }
    _ = unsafe madvise(base + first, range.upperBound - first, MADV_WILLNEED)
  }

  /// Takes the whole pages of `range` off this process's memory; touching them reads the file again.
  public func release(_ range: Range<Int>) {
    let page = Int(getpagesize())
    let first = (range.lowerBound + page - 1) / page * page, end = range.upperBound / page * page
    guard first < end, let base = unsafe base else { return }
    _ = unsafe madvise(base + first, end - first, MADV_DONTNEED)
  }

  /// Whether the file was touched since it was mapped though its size and modification time are the same: only its content
  /// can tell then whether it is what it was.
  /// - Throws: `StorageError.changedWhileReading` if the path leads to another file, or size or time differ.
  public func wasTouched() throws(StorageError) -> Bool {
    var now = stat()
    guard unsafe stat(path, &now) == 0, FileStatus(now).hasContent(of: status) else {
      throw .changedWhileReading(path: path)
    }
    return FileStatus(now) != status
  }
}

// An open file or directory, closed when its owner goes away, and what stands in an open directory.
import Glibc

/// Owns a file descriptor.
struct FileDescriptor: ~Copyable {
  let number: Int32
  /// For messages only: the descriptor does not care where the file is.
  let path: String

  private init(owning number: Int32, path: String) {
    self.number = number
    self.path = path
  }

  deinit { close(number) }

  /// Opens the file `path` for reading. A FIFO does not block, and child processes do not inherit the descriptor.
  init(reading path: String, flags: Int32 = 0) throws(StorageError) {
    let number = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags)
    guard number >= 0 else { throw .opening(path, errno) }
    self.init(owning: number, path: path)
  }

  /// Opens `name`, relative to an open directory, for reading.
  init(reading name: String, in directory: borrowing FileDescriptor, flags: Int32) throws(StorageError) {
    let number = unsafe openat(directory.number, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags)
    let path = directory.path + "/" + name
    guard number >= 0 else { throw .opening(path, errno) }
    self.init(owning: number, path: path)
  }

  /// Creates the file `path`, which must not exist, for writing.
  init(creating path: String, mode: mode_t) throws(StorageError) {
    let number = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
    guard number >= 0 else { throw .creating(path, errno) }
    self.init(owning: number, path: path)
  }

  /// Opens the file `path`, which must exist, for reading and writing.
  init(updating path: String) throws(StorageError) {
    let number = unsafe Glibc.open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard number >= 0 else { throw .opening(path, errno) }
    self.init(owning: number, path: path)
  }

  /// What the system knows about the open file.
  func status() throws(StorageError) -> stat {
    var status = stat()
    guard unsafe fstat(number, &status) == 0 else { throw .failing("fstat", path) }
    return status
  }

  /// The size of the file, which must be a regular one.
  func regularFileSize() throws(StorageError) -> Int {
    let status = try status()
    guard status.isRegularFile else { throw .wrongKind(path: path, expected: "a regular file") }
    return status.st_size
  }

  /// All bytes of a regular file.
  /// - Throws: `tooLarge` before anything is read; `changedWhileReading` if it has fewer bytes than its size says;
  ///   `placeholder` for what is not the file.
  func contents(limit: Int) throws(StorageError) -> [UInt8] {
    let size = try regularFileSize()
    guard size <= limit else { throw .tooLarge(path: path, byteCount: size, limit: limit) }
    let bytes = try read(0..<size)
    try requireNoPlaceholder(unsafe bytes.span.bytes)
    return bytes
  }

  /// Its size, if it can be the file that its name says: the first bytes are looked at.
  /// - Throws: as above.
  func plausibleSize(limit: Int) throws(StorageError) -> Int {
    let size = try regularFileSize()
    guard size <= limit else { throw .tooLarge(path: path, byteCount: size, limit: limit) }
    let beginning = try read(0..<min(size, 1024))
    try requireNoPlaceholder(unsafe beginning.span.bytes)
    return size
  }

  /// - Parameter bytes: The file's first.
  func requireNoPlaceholder(_ bytes: RawSpan) throws(StorageError) {
    if let placeholder = Placeholder(bytes, name: path) { throw .placeholder(path: path, placeholder) }
  }

  /// The bytes of `range`.
  /// - Throws: `changedWhileReading` if the file ends before.
  func read(_ range: Range<Int>) throws(StorageError) -> [UInt8] {
    var failure: StorageError?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      do throws(StorageError) {
        try unsafe read(into: UnsafeMutableRawBufferPointer(buffer), at: range.lowerBound)
        count = range.count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Fills `buffer` with the bytes from `offset` on.
  /// - Throws: as above.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(StorageError) {
    var filled = 0
    while filled < buffer.count {
      let got = unsafe pread(number, buffer.baseAddress?.advanced(by: filled), buffer.count - filled, offset + filled)
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else { throw .failing("read", path) }
      guard got > 0 else { throw .changedWhileReading(path: path) }
      filled += got
    }
  }

  /// Writes all bytes at `offset`.
  func write(_ bytes: RawSpan, at offset: Int) throws(StorageError) {
    var written = 0
    while written < bytes.byteCount {
      let count = unsafe bytes.extracting(droppingFirst: written).withUnsafeBytes { rest in
        unsafe pwrite(number, rest.baseAddress, rest.count, offset + written)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw .failing("write", path) }
      written += count
    }
  }

  /// Writes all bytes at `offset`.
  func write(_ bytes: [UInt8], at offset: Int) throws(StorageError) { try write(unsafe bytes.span.bytes, at: offset) }

  /// Reserves room on the disk for the first `byteCount` bytes; the file has at least this size afterwards.
  /// - Throws: `StorageError.noSpace`, `beyondFileSize`.
  func reserve(_ byteCount: Int) throws(StorageError) {
    guard byteCount > 0 else { return }
    let code = posix_fallocate(number, 0, byteCount)
    guard code != 0 else { return }
    let free = try freeByteCount(), isLimited = StorageError.fileSizeLimit.map { $0 < byteCount } ?? false
    switch code {
    case ENOSPC, EDQUOT: throw .noSpace(path: path, needed: byteCount, free: free)
    case EFBIG where free < byteCount && !isLimited: throw .noSpace(path: path, needed: byteCount, free: free)
    default: throw .failing("fallocate", path, code)
    }
  }

  /// Bytes that may still be written to the disk that the file or directory lies on.
  func freeByteCount() throws(StorageError) -> Int {
    var disk = statvfs()
    guard unsafe fstatvfs(number, &disk) == 0 else { throw .failing("fstatvfs", path) }
    let (bytes, overflow) = disk.f_bavail.multipliedReportingOverflow(by: disk.f_frsize)
    return overflow ? .max : Int(clamping: bytes)
  }

  /// Cuts the file to `byteCount` bytes.
  func truncate(to byteCount: Int) throws(StorageError) {
    guard ftruncate(number, byteCount) == 0 else { throw .failing("ftruncate", path) }
  }
}

extension stat {
  var isRegularFile: Bool { st_mode & S_IFMT == S_IFREG }
  var isSymbolicLink: Bool { st_mode & S_IFMT == S_IFLNK }
  var isDirectory: Bool { st_mode & S_IFMT == S_IFDIR }

  /// Whether this and `other` are about the same file.
  func isSameFile(as other: stat) -> Bool { st_dev == other.st_dev && st_ino == other.st_ino }
}

/// One name in a directory.
struct DirectoryEntry {
  /// Nil if the name is not UTF-8.
  let name: String?
  /// The name, decoded as far as it goes.
  let shownName: String
  /// Whether it is, as far as the file system tells without asking further, a directory.
  let isDirectory: Bool
  /// Whether it may be a regular file or a link to one.
  let mayBeFile: Bool

  /// Whether files of a model can be called so.
  var isPlain: Bool { name.map { (try? requirePlainFileName($0)) != nil } ?? false }
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
      let raw = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe Array(bytes.prefix { $0 != 0 })
      }
      let name = String(validating: raw, as: UTF8.self)
      guard name != ".", name != ".." else { continue }
      entries.append(
        DirectoryEntry(
          name: name, shownName: String(decoding: raw, as: UTF8.self),
          isDirectory: kind == DT_DIR, mayBeFile: [DT_REG, DT_LNK, DT_UNKNOWN].contains { kind == $0 }))
    }
    return entries
  }
}

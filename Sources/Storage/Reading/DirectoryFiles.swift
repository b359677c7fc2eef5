// Small files by name, read whole: those of a model, wherever they lie, and those of a model directory,
// opened so that no name and no link leads out of it.
//
// A symbolic link is refused, with one exception. The Hugging Face cache keeps `snapshots/REVISION/NAME` as a
// link to `../../blobs/DIGEST`; such a link is followed when its text has exactly this form, the directory
// really lies in a directory called `snapshots`, and the blob is a regular file and no link itself.
import Glibc

/// The small files of a model, by plain file name.
public protocol NamedFiles: Sendable {
  /// Names in a fixed order.
  var names: [String] { get }
  /// The bytes of `name`, or nil if there is no such file.
  /// - Throws: if it exists but cannot be read.
  func bytes(of name: String) throws -> [UInt8]?
}

/// Whether `path` is a directory, links followed. Nothing is opened.
public func isDirectory(_ path: String) -> Bool {
  var status = stat()
  return unsafe stat(path, &status) == 0 && status.isDirectory
}

/// The regular files directly inside one directory.
public final class DirectoryFiles: NamedFiles {
  /// Largest file that `bytes(of:)` reads; the weights are mapped instead.
  public static let smallFileLimit = 64 << 20

  /// The directory as it was given.
  public let path: String
  /// Plain names in byte order, hidden files left out. A name listed may still be refused when it is opened.
  public let names: [String]
  /// Names of the directories in it, in byte order, hidden ones left out. Nothing in them is read.
  public let directoryNames: [String]
  /// What else is in it, in byte order, hidden ones left out: pipes, sockets, devices, and what has a name that is not
  /// plain; one that is not UTF-8 is decoded as far as it goes.
  public let otherNames: [String]
  private let directory: FileDescriptor

  /// Opens the directory `path`, which is the user's own word: here links are followed.
  /// - Throws: `StorageError`.
  public init(path: String) throws(StorageError) {
    let directory = try FileDescriptor(reading: path, flags: O_DIRECTORY)
    let entries = try directory.entries()
    names = DirectoryFiles.shown(entries.filter { $0.isPlain && $0.mayBeFile })
    directoryNames = DirectoryFiles.shown(entries.filter { $0.isPlain && $0.isDirectory })
    otherNames = DirectoryFiles.shown(entries.filter { !$0.isPlain || !$0.mayBeFile && !$0.isDirectory })
    self.path = path
    self.directory = directory
  }

  /// The bytes of the file `name`, or nil if there is no such file.
  /// - Throws: `StorageError`, among others for a name with a separator and for more than `smallFileLimit` bytes.
  public func bytes(of name: String) throws(StorageError) -> [UInt8]? {
    try bytes(of: name, limit: DirectoryFiles.smallFileLimit)
  }

  /// The bytes of the file `name`, or nil if there is no such file.
  /// - Throws: `StorageError`, among others for a name with a separator and for more than `limit` bytes.
  public func bytes(of name: String, limit: Int) throws(StorageError) -> [UInt8]? {
    try requirePlainFileName(name)
    guard try exists(name) else { return nil }
    return try open(name).contents(limit: limit)
  }

  /// Bytes of the file `name`, if `bytes(of:)` would give them; of the content only the beginning is read.
  /// - Throws: as `bytes(of:)`, and `missing` if there is no such file.
  public func byteCount(of name: String) throws(StorageError) -> Int {
    try open(name).plausibleSize(limit: DirectoryFiles.smallFileLimit)
  }

  /// Maps the file `name`.
  /// - Throws: `StorageError`.
  public func map(_ name: String) throws(StorageError) -> MappedFile { try MappedFile(open(name)) }

  /// Whether anything has the name `name`, a link that leads nowhere included.
  /// - Throws: `StorageError`.
  public func exists(_ name: String) throws(StorageError) -> Bool {
    do {
      _ = try status(name)
      return true
    } catch .missing {
      return false
    }
  }

  /// About `name` itself, not about what it links to. Nothing is opened.
  private func status(_ name: String) throws(StorageError) -> stat {
    var status = stat()
    guard unsafe fstatat(directory.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
      throw .opening(path + "/" + name, errno)
    }
    return status
  }

  private func open(_ name: String) throws(StorageError) -> FileDescriptor {
    try requirePlainFileName(name)
    let status = try status(name)
    if status.isSymbolicLink { return try openCacheLink(name) }
    guard status.isRegularFile else { throw .wrongKind(path: path + "/" + name, expected: "a regular file") }
    return try FileDescriptor(reading: name, in: directory, flags: O_NOFOLLOW)
  }

  private func openCacheLink(_ name: String) throws(StorageError) -> FileDescriptor {
    let refusal = StorageError.symbolicLink(path: path + "/" + name)
    let blobs = "../../blobs"
    guard let target = linkText(name), target.hasPrefix(blobs + "/"), let parent = try? status(".."),
      let snapshots = try? status("../../snapshots"), parent.isSameFile(as: snapshots)
    else { throw refusal }
    let blob = String(target.dropFirst(blobs.count + 1))
    guard (try? requirePlainFileName(blob)) != nil else { throw refusal }
    let directory = try FileDescriptor(reading: blobs, in: directory, flags: O_DIRECTORY | O_NOFOLLOW)
    return try FileDescriptor(reading: blob, in: directory, flags: O_NOFOLLOW)
  }

  private func linkText(_ name: String) -> String? {
    let capacity = Int(PATH_MAX)
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      let length = unsafe buffer.withMemoryRebound(to: CChar.self) { text in
        unsafe text.baseAddress.map { unsafe readlinkat(directory.number, name, $0, capacity) } ?? 0
      }
      count = max(0, length)
    }
    return bytes.isEmpty ? nil : String(validating: bytes, as: UTF8.self)
  }

  private static func shown(_ entries: [DirectoryEntry]) -> [String] {
    entries.map(\.shownName).filter { !$0.hasPrefix(".") }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}

/// Checks that `name` names a file in a directory and nothing else: 1…255 bytes, no `/`, `\` or control character,
/// and neither `.` nor `..`.
/// - Throws: `StorageError.notAPlainFileName`.
public func requirePlainFileName(_ name: String) throws(StorageError) {
  let isPlain =
    (1...255).contains(name.utf8.count) && name != "." && name != ".."
    && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "\\") }
  guard isPlain else { throw .notAPlainFileName(name) }
}

/// All bytes of the regular file `path`, at most `limit` of them. The path is the user's own: links are followed.
/// - Throws: `StorageError`; a file over the limit is refused before it is read, and a path with U+0000 before anything is
///   opened, as the system would end it there.
public func readFile(_ path: String, limit: Int) throws(StorageError) -> [UInt8] {
  guard !path.utf8.contains(0) else { throw .notAPlainFileName(path) }
  return try FileDescriptor(reading: path).contents(limit: limit)
}

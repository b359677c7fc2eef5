// What a run has found out before its first result, for a later run to take over: the file `prepared` in its work folder.
//
//   at the start        16  "skyquant-prep 1" and a line end
//   for each value      32  SHA-256 of what it was found out of
//                        8  bytes of the value, little-endian
//                        8  XXH3-64 of all of the record but these 8 bytes
//                           the value
//
// Values are only ever appended. A file that ends in the middle of one, or in what was never written, is good up to there.
import Glibc

/// Values under keys, on the disk.
public final class PreparedValues {
  private static let magic = Array("skyquant-prep 1\n".utf8)
  private static let headByteCount = SHA256Digest.byteCount + 16
  /// No value has more bytes: 4,000,000 tokens of 8,192 features would have.
  private static let largestValue = 1 << 37

  private let file: FileDescriptor
  private var places: [SHA256Digest: Range<Int>] = [:]
  private var end = PreparedValues.magic.count

  fileprivate init(_ file: consuming FileDescriptor) { self.file = file }

  /// Whether there is a value.
  public func contains(_ key: SHA256Digest) -> Bool { places[key] != nil }

  /// The value of `key`; nil if there is none.
  /// - Throws: `StorageError.failed`.
  public func value(_ key: SHA256Digest) throws(StorageError) -> [UInt8]? {
    guard let place = places[key] else { return nil }
    return try file.read(place)
  }

  /// Adds a value; it may get lost until `synchronize` has returned.
  /// - Throws: `StorageError.failed`.
  public func add(_ value: RawSpan, for key: SHA256Digest) throws(StorageError) {
    guard places[key] == nil else { return }
    var head = Self.bytes(key) + Self.bytes(UInt64(value.byteCount))
    head += Self.bytes(Self.checksum(head, value))
    try file.write(head, at: end)
    try file.write(value, at: end + head.count)
    places[key] = end + head.count..<end + head.count + value.byteCount
    end += head.count + value.byteCount
  }

  /// Brings all values to the disk.
  /// - Throws: `StorageError.failed`.
  public func synchronize() throws(StorageError) { try file.synchronize() }

  private static func bytes(_ key: SHA256Digest) -> [UInt8] { unsafe key.bytes.withUnsafeBytes { unsafe Array($0) } }
  private static func bytes(_ number: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }

  private static func checksum(_ head: [UInt8], _ value: RawSpan) -> UInt64 {
    var hasher = XXH3Hasher()
    hasher.update(head)
    hasher.update(value)
    return hasher.finalize()
  }

  /// Takes over the values that the file has; what follows the last good one is cut off.
  fileprivate func read() throws(StorageError) {
    let size = try file.regularFileSize()
    guard size >= end, try file.read(0..<end) == Self.magic else { return try begin() }
    while let place = try record(size) {
      let key = try file.read(end..<end + SHA256Digest.byteCount)
      places[unsafe SHA256Digest(key.span.bytes)] = place
      end = place.upperBound
    }
    try file.truncate(to: end)
  }

  /// The place of the value that begins at `end`; nil if there is no good one.
  private func record(_ size: Int) throws(StorageError) -> Range<Int>? {
    guard end + Self.headByteCount <= size else { return nil }
    let head = try file.read(end..<end + Self.headByteCount)
    func number(_ index: Int) -> UInt64 {
      head[(SHA256Digest.byteCount + 8 * index)...].prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    let count = number(0), checksum = number(1)
    let first = end + Self.headByteCount
    guard count <= Self.largestValue, Int(count) <= size - first else { return nil }
    let place = first..<first + Int(count)
    let value = try file.read(place)
    return unsafe Self.checksum(Array(head.dropLast(8)), value.span.bytes) == checksum ? place : nil
  }

  fileprivate func begin() throws(StorageError) {
    try file.truncate(to: 0)
    try file.write(Self.magic, at: 0)
  }
}

/// Where a work folder has prepared values.
public struct PreparedPlace: Sendable {
  fileprivate let path: String
  fileprivate let isResumed: Bool

  /// The values that a stopped run has left; nil if it has left none.
  /// - Throws: `StorageError.failed`.
  public func left() throws(StorageError) -> PreparedValues? {
    guard isResumed, OutputPath.status(path) != nil else { return nil }
    let values = PreparedValues(try FileDescriptor(updating: path))
    try values.read()
    return values
  }

  /// A new file without values, which a later run can go on with from now on.
  /// - Throws: `StorageError.cannotCreate`, `failed`.
  public func make() throws(StorageError) -> PreparedValues {
    let values = PreparedValues(try FileDescriptor(creating: path, mode: 0o600))
    try values.begin()
    return values
  }
}

extension WorkFolder {
  /// Where it has prepared values.
  public var preparedPlace: PreparedPlace { PreparedPlace(path: path(.prepared), isResumed: isResumed) }
}

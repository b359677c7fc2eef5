// Little-endian fields of the format's fixed-size records, in and out, and where regions lie: each at the
// next multiple of its alignment after the one before, Formats/skyq.md §2.
import Storage

extension ByteReader {
  /// The next `count` bytes, copied.
  mutating func readArray(_ count: Int) throws(StorageError) -> [UInt8] {
    unsafe try readBytes(count).withUnsafeBytes { unsafe Array($0) }
  }

  /// Passes over `count` reserved bytes and says whether they are zero.
  mutating func readZeros(_ count: Int) throws(StorageError) -> Bool {
    unsafe try readBytes(count).withUnsafeBytes { unsafe $0.allSatisfy { $0 == 0 } }
  }
}

extension RawSpan {
  /// The little-endian integer at `offset`, which must lie inside with all its bytes.
  func integer<Integer: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(at offset: Int) -> Integer {
    Integer(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: Integer.self))  // any bits are one
  }

  /// Whether the bytes in `range` are zero.
  func isZero(in range: Range<Int>) -> Bool {
    range.reduce(0) { $0 | integer(at: $1) as UInt8 } == 0
  }
}

/// Builds a record field by field.
struct RecordWriter {
  private(set) var bytes: [UInt8] = []

  /// Starts again, in the same memory.
  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  /// Appends bytes.
  mutating func append(_ field: some Sequence<UInt8>) { bytes.append(contentsOf: field) }

  /// Appends bytes.
  mutating func append(_ field: RawSpan) {
    unsafe field.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
  }

  /// Appends the 32 bytes of a digest.
  mutating func append(_ digest: SHA256Digest) {
    append(digest.bytes)
  }

  /// Appends an integer, little-endian.
  mutating func append(_ field: some FixedWidthInteger & UnsignedInteger) {
    unsafe withUnsafeBytes(of: field.littleEndian) { unsafe bytes.append(contentsOf: $0) }
  }

  /// Appends zeros up to `size` bytes in all.
  mutating func pad(to size: Int) {
    precondition(bytes.count <= size, "record longer than its size")
    bytes.append(contentsOf: repeatElement(0, count: size - bytes.count))
  }
}

/// Walks through a file and gives each region the only offset it may have.
struct Placement {
  /// End of the region placed last.
  private(set) var end: Int
  private let alignment: Int

  init(from start: Int, alignment: Int) {
    end = start
    self.alignment = alignment
  }

  /// The offset of a region of `size` bytes that follows; nil if its end is beyond what an `Int` holds.
  mutating func place(_ size: UInt64) -> Int? {
    guard let size = Int(exactly: size), let offset = end.alignedUp(to: alignment),
      let next = offset.adding(checked: size)
    else { return nil }
    end = next
    return offset
  }
}

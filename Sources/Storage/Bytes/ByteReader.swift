// A checked cursor over borrowed bytes, after ParserSpan of apple/swift-binary-parsing (little-endian only),
// and checked arithmetic on the numbers that it reads: nil instead of a trap or a wrapped value.

/// Reads little-endian integers and byte ranges one after another; never beyond the end.
public struct ByteReader: ~Escapable {
  private let bytes: RawSpan
  /// Offset of the next byte to read.
  public private(set) var offset = 0

  /// A reader at the start of `bytes`.
  @_lifetime(copy bytes)
  public init(_ bytes: RawSpan) { self.bytes = bytes }

  /// Bytes not read yet.
  public var remaining: Int { bytes.byteCount - offset }

  /// The next byte.
  /// - Throws: `StorageError.endOfBytes`, and the cursor stays.
  public mutating func readUInt8() throws(StorageError) -> UInt8 { try readInteger() }
  /// The next two bytes as an unsigned integer.
  /// - Throws: `StorageError.endOfBytes`, and the cursor stays.
  public mutating func readUInt16() throws(StorageError) -> UInt16 { try readInteger() }
  /// The next four bytes as an unsigned integer.
  /// - Throws: `StorageError.endOfBytes`, and the cursor stays.
  public mutating func readUInt32() throws(StorageError) -> UInt32 { try readInteger() }
  /// The next eight bytes as an unsigned integer.
  /// - Throws: `StorageError.endOfBytes`, and the cursor stays.
  public mutating func readUInt64() throws(StorageError) -> UInt64 { try readInteger() }

  /// The next `count` bytes, not copied.
  /// - Throws: `StorageError.endOfBytes`, also for a negative count, and the cursor stays.
  @_lifetime(copy self)
  public mutating func readBytes(_ count: Int) throws(StorageError) -> RawSpan {
    let start = try take(count)
    return bytes.extracting(start..<start + count)
  }

  /// Passes over `count` bytes.
  /// - Throws: `StorageError.endOfBytes`, also for a negative count, and the cursor stays.
  public mutating func skip(_ count: Int) throws(StorageError) { _ = try take(count) }

  private mutating func readInteger<Integer: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>()
    throws(StorageError) -> Integer
  {
    let start = try take(MemoryLayout<Integer>.size)
    // `take` checked the range, and every bit pattern is an integer.
    return Integer(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: start, as: Integer.self))
  }

  /// Moves past `count` bytes and returns where they start.
  private mutating func take(_ count: Int) throws(StorageError) -> Int {
    guard count >= 0, count <= remaining else {
      throw .endOfBytes(needed: count, remaining: remaining, offset: offset)
    }
    let start = offset
    offset += count
    return start
  }
}

extension Int {
  /// `self + other`, or nil if that overflows.
  public func adding(checked other: Int) -> Int? {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? nil : sum
  }

  /// `self * other`, or nil if that overflows.
  public func multiplied(checked other: Int) -> Int? {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? nil : product
  }

  /// The next multiple of `alignment`, a power of two; nil if that overflows or `self` is negative.
  public func alignedUp(to alignment: Int) -> Int? {
    precondition(alignment > 0 && alignment & (alignment - 1) == 0, "alignment is a power of two")
    guard self >= 0, let sum = adding(checked: alignment - 1) else { return nil }
    return sum & ~(alignment - 1)
  }
}

// What stored floats hold, found while their bytes are read for another purpose: nothing is decoded but what is strange.
internal import CKernels

/// The magnitudes of floats as they are stored.
public struct StoredMagnitudes: Sendable, Equatable {
  /// The largest finite |x|; 0 if there is none.
  public private(set) var largest: Float = 0
  /// How many values are NaN or infinite.
  public private(set) var nonFiniteCount = 0
  /// Index of the first of them.
  public private(set) var firstNonFinite: Int?
  /// Values seen.
  public private(set) var count = 0
  private let format: FloatFormat

  /// Magnitudes of nothing yet.
  public init(_ format: FloatFormat) { self.format = format }

  /// Whether values were seen and all of them are zero.
  public var isZero: Bool { count > 0 && largest == 0 && nonFiniteCount == 0 }

  /// Bytes of a value.
  public var byteWidth: Int { format == .float32 ? 4 : 2 }

  /// Adds the values in `bytes`, whole ones.
  public mutating func add(_ bytes: RawSpan) {
    let added = bytes.byteCount / byteWidth
    let bits = unsafe bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return UInt32(0) }
      return unsafe format == .float32 ? ck_largest_bits_32(base, added) : UInt32(ck_largest_bits_16(base, added))
    }
    let value = value(bits)
    if value.isFinite { largest = max(largest, value) } else { addOneByOne(bytes, added) }
    count += added
  }

  private mutating func addOneByOne(_ bytes: RawSpan, _ added: Int) {
    for index in 0..<added {
      let offset = index * byteWidth
      let bits =
        format == .float32
        ? unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)
        : UInt32(unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
      let value = abs(value(bits))
      if value.isFinite {
        largest = max(largest, value)
      } else {
        nonFiniteCount += 1
        firstNonFinite = firstNonFinite ?? count + index
      }
    }
  }

  private func value(_ bits: UInt32) -> Float {
    switch format {
    case .float32: Float(bitPattern: bits)
    case .float16: Float(Float16(bitPattern: UInt16(bits)))
    case .bfloat16: Float(bitPattern: bits << 16)
    }
  }
}

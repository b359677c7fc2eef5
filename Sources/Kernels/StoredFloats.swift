// Floats as they are stored: their conversion to 32 bits and back, and what they hold, found while their
// bytes are read for another purpose.
internal import CKernels
public import Tensors

/// The float formats that weights are stored in.
public enum FloatFormat: Sendable {
  case float32, float16, bfloat16

  /// The format of `dtype`; nil for all others.
  public init?(_ dtype: DType) {
    switch dtype {
    case .float32: self = .float32
    case .float16: self = .float16
    case .bfloat16: self = .bfloat16
    default: return nil
    }
  }
}

/// Conversions to and from F16 and BF16.
public enum HalfPrecision {
  /// Widens the first `count` values stored in `bytes`, which may lie at any address. Exact.
  public static func widen(
    _ bytes: RawSpan, from format: FloatFormat, count: Int, into output: inout MutableSpan<Float>
  ) {
    precondition(bytes.byteCount >= count * (format == .float32 ? 4 : 2), "fewer bytes than values")
    precondition(output.count >= count, "no room for the values")
    guard count > 0 else { return }
    unsafe output.withUnsafeMutableBufferPointer { target in
      unsafe bytes.withUnsafeBytes { source in
        guard let out = target.baseAddress, let stored = source.baseAddress else { return }
        switch format {
        case .float32: unsafe UnsafeMutableRawPointer(out).copyMemory(from: stored, byteCount: count * 4)
        case .float16: unsafe ck_f16_to_f32(out, stored, count)
        case .bfloat16: unsafe ck_bf16_to_f32(out, stored, count)
        }
      }
    }
  }

  /// F16 bits of `values`, rounded to nearest, ties to even; 65520 and above become infinite.
  public static func float16Bits(_ values: [Float]) -> [UInt16] {
    unsafe [UInt16](unsafeUninitializedCapacity: values.count) { buffer, initialized in
      if let out = buffer.baseAddress { unsafe ck_f32_to_f16(out, values, values.count) }
      initialized = values.count
    }
  }

  /// BF16 bits of `values`, rounded to nearest, ties to even.
  public static func bfloat16Bits(_ values: [Float]) -> [UInt16] {
    unsafe [UInt16](unsafeUninitializedCapacity: values.count) { buffer, initialized in
      if let out = buffer.baseAddress { unsafe ck_f32_to_bf16(out, values, values.count) }
      initialized = values.count
    }
  }

  /// The values of F16 bits.
  public static func floats(fromFloat16 bits: [UInt16]) -> [Float] { widen(bits, from: .float16) }

  /// The values of BF16 bits.
  public static func floats(fromBFloat16 bits: [UInt16]) -> [Float] { widen(bits, from: .bfloat16) }

  private static func widen(_ bits: [UInt16], from format: FloatFormat) -> [Float] {
    let count = bits.count
    var values = [Float](repeating: 0, count: count)
    unsafe bits.withUnsafeBytes { bytes in
      var span = values.mutableSpan
      unsafe widen(RawSpan(_unsafeBytes: bytes), from: format, count: count, into: &span)
    }
    return values
  }
}

extension TensorView {
  /// All elements, widened to 32-bit floats.
  /// - Throws: `KernelsError.unsupportedDType` if the elements are not F32, F16 or BF16.
  public func floats() throws(KernelsError) -> [Float] {
    guard let format = FloatFormat(info.dtype) else {
      throw .unsupportedDType(tensor: info.name, found: info.dtype.rawValue)
    }
    let count = info.shape.elementCount
    var values = [Float](repeating: 0, count: count)
    withBytes { bytes in
      var span = values.mutableSpan
      HalfPrecision.widen(bytes, from: format, count: count, into: &span)
    }
    return values
  }
}

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

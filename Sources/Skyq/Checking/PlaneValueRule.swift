// Values that the format does not allow, Formats/skyq.md §6.1 and §6.2. The planes pass by in pieces.
import Tensors

/// Looks for the first byte of a plane that belongs to a value which is not allowed (E036).
struct PlaneValueRule {
  /// For messages.
  static let explanation = "a value is not allowed: a scale must be finite, a bool 0 or 1, an unused nibble 0"

  private enum Rule {
    /// Each byte is 0 or 1.
    case bool
    /// Each pair of bytes is a finite binary16, or bfloat16, number.
    case finite(DType)
    /// The high nibble of each row's last byte is zero.
    case unusedNibble(rowBytes: Int)
  }

  private let rule: Rule
  /// Bytes seen before.
  private var position = 0
  private var previous: UInt8 = 0

  /// The rule for plane `index` of a tensor; nil if every value is allowed there.
  init?(encoding: SkyqEncoding, shape: Shape, groupSize: Int, plane index: Int) {
    switch (encoding, encoding.scaleDType, index) {
    case (.bool, _, 0): rule = .bool
    case (_, let scales?, 1): rule = .finite(scales)
    case (_, .some, 2) where encoding.codesPerByte == 2 && shape[1] / groupSize % 2 == 1:
      rule = .unusedNibble(rowBytes: (shape[1] / groupSize + 1) / 2)
    default: return nil
    }
  }

  /// Looks at the next bytes of the plane.
  /// - Returns: the offset in the plane of the first byte that breaks the rule.
  mutating func firstViolation(in bytes: RawSpan) -> Int? {
    let start = position
    position += bytes.byteCount
    switch rule {
    case .bool: return firstIndex(in: bytes, stride(from: 0, to: bytes.byteCount, by: 1)) { $0 > 1 }.map { start + $0 }
    case .unusedNibble(let rowBytes):
      let lastBytes = stride(from: rowBytes - 1 - start % rowBytes, to: bytes.byteCount, by: rowBytes)
      return firstIndex(in: bytes, lastBytes) { $0 >> 4 != 0 }.map { start + $0 }
    case .finite(let dtype): return firstNonFinite(in: bytes, from: start, dtype: dtype)
    }
  }

  private func firstIndex(
    in bytes: RawSpan, _ indices: StrideTo<Int>, where isViolation: (UInt8) -> Bool
  ) -> Int? {
    unsafe bytes.withUnsafeBytes { bytes in indices.first { unsafe isViolation(bytes[$0]) } }
  }

  /// A number is not finite if all bits of its exponent are set.
  private mutating func firstNonFinite(in bytes: RawSpan, from start: Int, dtype: DType) -> Int? {
    let exponent: UInt16 = dtype == .float16 ? 0x7C00 : 0x7F80
    return unsafe bytes.withUnsafeBytes { bytes in
      for index in bytes.indices {
        let byte = unsafe bytes[index]
        if (start + index) % 2 == 1, (UInt16(byte) << 8 | UInt16(previous)) & exponent == exponent {
          return start + index - 1
        }
        previous = byte
      }
      return nil
    }
  }
}

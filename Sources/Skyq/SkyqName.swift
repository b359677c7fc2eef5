// Which names sections and tensors may have, Formats/skyq.md §5.
import Glibc

/// Rules for names.
enum SkyqName {
  /// Whether a name may not hold `scalar`: controls, direction marks, line separators.
  static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x00...0x1F, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  /// The text of `bytes`, or nil if they are not a name.
  static func parse(_ bytes: ArraySlice<UInt8>) -> String? {
    guard (1...SkyqLimits.nameLength).contains(bytes.count) else { return nil }
    if bytes.allSatisfy({ (0x20...0x7E).contains($0) }) { return String(decoding: bytes, as: UTF8.self) }  // nearly all
    guard let text = String(validating: bytes, as: UTF8.self), !text.unicodeScalars.contains(where: isForbidden)
    else { return nil }
    return text
  }

  /// Whether `name` may name an embedded file: `[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}`.
  static func isFileName(_ name: String) -> Bool {
    let bytes = name.utf8
    guard (1...SkyqLimits.fileNameLength).contains(bytes.count), bytes.first != UInt8(ascii: ".") else { return false }
    return bytes.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
  }

  /// `bytes` with ASCII letters in lower case.
  static func lowercasedASCII(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    bytes.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
  }

  /// Whether `left` comes before `right` byte by byte, the order of names in the specification.
  static func precedes(_ left: String, _ right: String) -> Bool { compare(left, right) < 0 }

  /// Negative, zero or positive as `left` comes before `right`, is the same, or comes after it, byte by byte.
  private static func compare(_ left: String, _ right: String) -> Int {
    var (left, right) = (left, right)
    return left.withUTF8 { left in
      right.withUTF8 { right in
        unsafe compare(UnsafeRawBufferPointer(left), UnsafeRawBufferPointer(right))
      }
    }
  }

  /// The same of bytes.
  static func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    guard let first = left.baseAddress, let second = right.baseAddress else { return left.count - right.count }
    let difference = unsafe memcmp(first, second, min(left.count, right.count))
    return difference == 0 ? left.count - right.count : Int(difference)
  }
}

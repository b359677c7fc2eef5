// Which names sections and tensors may have, Formats/skyq.md §5.
import Glibc

/// A name that is equal to another only if their bytes are: `String` would call "é" in two spellings equal.
struct ExactName: Hashable, Sendable {
  private let text: String
  init(_ text: String) { self.text = text }

  static func == (left: ExactName, right: ExactName) -> Bool {
    left.text.utf8.count == right.text.utf8.count && SkyqName.compare(left.text, right.text) == 0
  }

  func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}

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
    guard (1...SkyqLimits.nameLength).contains(bytes.count), let text = String(validating: bytes, as: UTF8.self),
      !text.unicodeScalars.contains(where: isForbidden)
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

  /// The positions of `names`, sorted byte by byte. They are sorted in one buffer: comparing a million strings would
  /// count references most of the time.
  static func order(of names: some Sequence<String>) -> [Int] {
    var bytes: [UInt8] = []
    var ends = [0]
    for name in names {
      bytes.append(contentsOf: name.utf8)
      ends.append(bytes.count)
    }
    return unsafe bytes.withUnsafeBytes { bytes in
      (0..<ends.count - 1).sorted { left, right in
        let first = unsafe bytes[ends[left]..<ends[left + 1]]
        let second = unsafe bytes[ends[right]..<ends[right + 1]]
        return unsafe compare(UnsafeRawBufferPointer(rebasing: first), UnsafeRawBufferPointer(rebasing: second)) < 0
      }
    }
  }

  /// Negative, zero or positive as `left` comes before `right`, is the same, or comes after it, byte by byte.
  fileprivate static func compare(_ left: String, _ right: String) -> Int {
    var (left, right) = (left, right)
    return left.withUTF8 { left in
      right.withUTF8 { right in
        unsafe compare(UnsafeRawBufferPointer(left), UnsafeRawBufferPointer(right))
      }
    }
  }

  private static func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    guard let first = left.baseAddress, let second = right.baseAddress else { return left.count - right.count }
    let difference = unsafe memcmp(first, second, min(left.count, right.count))
    return difference == 0 ? left.count - right.count : Int(difference)
  }
}

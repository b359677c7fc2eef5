// Which names sections and tensors may have, Formats/skyq.md §5.

/// Rules for names.
enum SkyqName {
  /// Whether a name may not hold `scalar`: controls, direction marks, line separators.
  static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x00...0x1F, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  /// Whether `bytes` are a name.
  static func isName(_ bytes: Span<UInt8>) -> Bool {
    guard (1...SkyqLimits.nameLength).contains(bytes.count) else { return false }
    if bytes.indices.allSatisfy({ (0x20...0x7E).contains(bytes[$0]) }) { return true }  // nearly all
    guard let text = try? UTF8Span(validating: bytes) else { return false }
    var scalars = text.makeUnicodeScalarIterator()
    while let scalar = scalars.next() {
      if isForbidden(scalar) { return false }
    }
    return true
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
  static func precedes(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
  }
}

// Limits of the .skyq format and which names it allows, Formats/skyq.md §5 and §9. Reader and writer look
// here.

/// The format's limits and fixed sizes. A writer refuses what a reader refuses, because both look here.
public enum SkyqLimits {
  /// Major version written and read.
  public static let major: UInt16 = 1
  /// Highest minor version whose reserved bytes this code holds to be zero, and the one it writes unless an encoding is of
  /// a later one: see `SkyqEncoding.minorVersion`.
  public static let minor: UInt16 = 0
  /// Sections of a file.
  public static let sectionCount = 4_096
  /// Tensors of a file.
  public static let tensorCount = 1 << 20
  /// Bytes of superblock, tables and names.
  public static let frontSize = 512 << 20
  /// UTF-8 bytes of a name.
  public static let nameLength = 512
  /// Bytes of the name of an embedded file.
  public static let fileNameLength = 255
  /// Bytes of a section, stored as well as uncompressed.
  public static let sectionSize = 64 << 20
  /// Dimensions of a tensor.
  public static let rank = 8
  /// Exclusive bound of one dimension.
  public static let dimension: UInt64 = 1 << 40
  /// Exclusive bound of the product of the dimensions that are not zero.
  public static let elementCount: UInt64 = 1 << 50
  /// Planes of a tensor.
  public static let planeCount = 4
  /// Alignments of planes, as powers of two: 4 KiB to 64 KiB.
  public static let alignmentLog2 = 12...16
  /// Input features that may share a scale.
  public static let groupSizes: Set<Int> = [32, 64, 128]

  static let superblockSize = 4_096
  static let superblockFieldsSize = 256
  static let sectionEntrySize = 96
  static let tensorEntrySize = 256
  static let sectionAlignment = 64
}

/// Rules for names.
public enum SkyqName {
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
  public static func isFileName(_ name: String) -> Bool {
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

// Limits of the .skyq format, Formats/skyq.md §9. Reader and writer check against this one table.

/// The format's limits and fixed sizes. A writer refuses what a reader refuses, because both look here.
public enum SkyqLimits {
  /// Major version written and read.
  public static let major: UInt16 = 1
  /// Highest minor version whose reserved bytes this code knows to be zero, and the one it writes.
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

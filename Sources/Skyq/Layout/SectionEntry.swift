// One entry of the section table, Formats/skyq.md §4.
import Storage

/// The types of section that version 1.0 knows.
public enum SkyqSectionType: String, Sendable, CaseIterable {
  /// The model: canonical JSON.
  case meta = "META"
  /// Provenance: canonical JSON.
  case provenance = "PROV"
  /// The recipe as run: canonical JSON.
  case recipe = "RECP"
  /// Calibration manifest: canonical JSON.
  case calibration = "CALB"
  /// Numbers per module: canonical JSON.
  case statistics = "STAT"
  /// A verification report: canonical JSON.
  case evaluation = "EVAL"
  /// One embedded file, byte for byte.
  case file = "FILE"

  /// The only name a section of this type may have; nil if it may have others.
  public var fixedName: String? { self == .evaluation || self == .file ? nil : rawValue.lowercased() }
  /// Whether the bytes are canonical JSON.
  public var isJSON: Bool { self != .file }
  /// Whether the JSON must be an object.
  public var isObject: Bool { self == .meta || self == .provenance }
  /// Whether the section is part of the model's identity.
  public var isContent: Bool { self == .meta || self == .file }
}

/// A section as its 96 bytes state it.
///
///     0x00  type, flags     0x08  offset, stored size, size     0x20  SHA-256
///     0x40  name offset, name length     0x48  XXH3     0x50  reserved
struct SectionEntry: Equatable {
  static let criticalFlag: UInt32 = 1
  static let zstdFlag: UInt32 = 2

  var type: [UInt8]
  var flags: UInt32
  var offset: UInt64 = 0
  var storedSize: UInt64
  var size: UInt64
  var sha256: SHA256Digest
  var nameOffset: UInt32 = 0
  var nameLength: UInt32
  var xxh3: UInt64
  private(set) var reservedIsZero = true

  init(type: [UInt8], flags: UInt32, storedSize: Int, size: Int, sha256: SHA256Digest, nameLength: Int, xxh3: UInt64) {
    self.type = type
    self.flags = flags
    self.storedSize = UInt64(storedSize)
    self.size = UInt64(size)
    self.sha256 = sha256
    self.nameLength = UInt32(nameLength)
    self.xxh3 = xxh3
  }

  init(reading record: inout ByteReader) throws(StorageError) {
    type = try record.readArray(4)
    flags = try record.readUInt32()
    offset = try record.readUInt64()
    storedSize = try record.readUInt64()
    size = try record.readUInt64()
    sha256 = try SHA256Digest(reading: &record)
    nameOffset = try record.readUInt32()
    nameLength = try record.readUInt32()
    xxh3 = try record.readUInt64()
    reservedIsZero = try record.readZeros(16)
  }

  func encoded() -> [UInt8] {
    var record = RecordWriter()
    record.append(type)
    record.append(flags)
    record.append(offset)
    record.append(storedSize)
    record.append(size)
    record.append(sha256)
    record.append(nameOffset)
    record.append(nameLength)
    record.append(xxh3)
    record.pad(to: SkyqLimits.sectionEntrySize)
    return record.bytes
  }
}

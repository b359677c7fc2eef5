// The first 4,096 bytes of a .skyq file, Formats/skyq.md §3.
import Storage

/// Version, flags and the places of the tables.
///
///     0x00  magic                    0x28  section table: offset, count, entry size    0x78  parameter count
///     0x08  major, minor, size       0x38  tensor table: offset, count, entry size     0x80  index digest
///     0x10  incompat flags           0x48  names offset, names size, front size        0xA0  content id
///     0x18  compat flags             0x60  data offset, data end                       0xF8  XXH3 of 0x00 ..< 0xF8
///     0x20  file size                0x70  align_log2
struct Superblock: Equatable {
  static let sealedMagic: [UInt8] = [0x89, 0x53, 0x4B, 0x59, 0x0D, 0x0A, 0x1A, 0x0A]
  static let unsealedMagic: [UInt8] = [0x89, 0x53, 0x4B, 0x59, 0x50, 0x41, 0x52, 0x54]

  var magic = Superblock.sealedMagic
  var major = SkyqLimits.major
  var minor = SkyqLimits.minor
  var fieldsSize = UInt32(SkyqLimits.superblockFieldsSize)
  var incompatFlags: UInt64 = 0
  var compatFlags: UInt64 = 0
  var fileSize: UInt64 = 0
  var sectionTableOffset = UInt64(SkyqLimits.superblockSize)
  var sectionCount: UInt32 = 0
  var sectionEntrySize = UInt32(SkyqLimits.sectionEntrySize)
  var tensorTableOffset: UInt64 = 0
  var tensorCount: UInt32 = 0
  var tensorEntrySize = UInt32(SkyqLimits.tensorEntrySize)
  var namesOffset: UInt64 = 0
  var namesSize: UInt64 = 0
  var frontSize: UInt64 = 0
  var dataOffset: UInt64 = 0
  var dataEnd: UInt64 = 0
  var alignmentLog2: UInt8 = 12
  var parameterCount: UInt64 = 0
  var indexDigest = SHA256Digest()
  var contentID = SHA256Digest()

  /// Alignment of planes in bytes.
  var alignment: Int { 1 << alignmentLog2 }
  /// Whether this code knows which bytes are reserved: those of a later minor version may have a meaning.
  var reservesKnownBytes: Bool { minor <= SkyqLimits.minor }

  /// The record with its checksum, 4,096 bytes.
  func encoded() -> [UInt8] {
    var record = RecordWriter()
    record.append(magic)
    record.append(major)
    record.append(minor)
    record.append(fieldsSize)
    record.append(incompatFlags)
    record.append(compatFlags)
    record.append(fileSize)
    record.append(sectionTableOffset)
    record.append(sectionCount)
    record.append(sectionEntrySize)
    record.append(tensorTableOffset)
    record.append(tensorCount)
    record.append(tensorEntrySize)
    record.append(namesOffset)
    record.append(namesSize)
    record.append(frontSize)
    record.append(dataOffset)
    record.append(dataEnd)
    record.append(alignmentLog2)
    record.pad(to: 0x78)
    record.append(parameterCount)
    record.append(indexDigest)
    record.append(contentID)
    record.pad(to: 0xF8)
    record.append(XXH3Hasher.hash(record.bytes))
    record.pad(to: SkyqLimits.superblockSize)
    return record.bytes
  }
}

extension Superblock {
  /// Parses the first 4,096 bytes of a file of `actualSize` bytes and checks everything that they alone show.
  /// - Throws: E001 to E011. Reserved bytes (E013) come later in the order of checks: `reservedBytesAreZero`.
  init(parsing bytes: [UInt8], actualSize: Int) throws(SkyqError) {
    let checksum: UInt64
    do throws(StorageError) {
      var record = unsafe ByteReader(bytes.span.bytes)
      try self.init(reading: &record)
      try record.skip(0xF8 - record.offset)
      checksum = try record.readUInt64()
    } catch {
      throw SkyqError(.tooShort, "too short for a .skyq file: \(error)")
    }
    try checkVersion()
    guard checksum == XXH3Hasher.hash(Array(bytes[..<0xF8])) else {
      throw SkyqError(.superblockChecksum, "the superblock is damaged: its checksum differs", offset: 0xF8)
    }
    try checkFields(actualSize: actualSize)
    try checkFront()
  }

  private init(reading record: inout ByteReader) throws(StorageError) {
    magic = try record.readArray(8)
    major = try record.readUInt16()
    minor = try record.readUInt16()
    fieldsSize = try record.readUInt32()
    incompatFlags = try record.readUInt64()
    compatFlags = try record.readUInt64()
    fileSize = try record.readUInt64()
    sectionTableOffset = try record.readUInt64()
    sectionCount = try record.readUInt32()
    sectionEntrySize = try record.readUInt32()
    tensorTableOffset = try record.readUInt64()
    tensorCount = try record.readUInt32()
    tensorEntrySize = try record.readUInt32()
    namesOffset = try record.readUInt64()
    namesSize = try record.readUInt64()
    frontSize = try record.readUInt64()
    dataOffset = try record.readUInt64()
    dataEnd = try record.readUInt64()
    alignmentLog2 = try record.readUInt8()
    try record.skip(7)
    parameterCount = try record.readUInt64()
    indexDigest = try SHA256Digest(reading: &record)
    contentID = try SHA256Digest(reading: &record)
  }

  /// E002 to E004.
  private func checkVersion() throws(SkyqError) {
    guard magic != Self.unsealedMagic else {
      throw SkyqError(.unsealed, "unfinished: its writer did not seal it; resume or repeat the run that wrote it")
    }
    guard magic == Self.sealedMagic else { throw SkyqError(.unknownMagic, "not a .skyq file", offset: 0) }
    guard major == SkyqLimits.major else {
      throw SkyqError(.unknownMajorVersion, "major version \(major), this program reads 1; use a newer one", offset: 8)
    }
  }

  /// E006 to E010.
  private func checkFields(actualSize: Int) throws(SkyqError) {
    guard incompatFlags == 0 else {
      throw SkyqError(
        .unknownIncompatFlag, "needs features 0x\(String(incompatFlags, radix: 16)) of a newer reader", offset: 0x10)
    }
    guard fieldsSize == SkyqLimits.superblockFieldsSize, sectionEntrySize == SkyqLimits.sectionEntrySize,
      tensorEntrySize == SkyqLimits.tensorEntrySize
    else {
      throw SkyqError(
        .structureSize,
        "sizes of superblock and entries must be 256, 96, 256, found \(fieldsSize), \(sectionEntrySize), "
          + "\(tensorEntrySize)")
    }
    guard fileSize == actualSize else {
      throw SkyqError(
        .fileSize, "must have \(fileSize) bytes, has \(actualSize): truncated or appended to", offset: 0x20)
    }
    guard SkyqLimits.alignmentLog2.contains(Int(alignmentLog2)) else {
      throw SkyqError(.alignment, "align_log2 must be 12 to 16, found \(alignmentLog2)", offset: 0x70)
    }
    guard sectionCount <= SkyqLimits.sectionCount, tensorCount <= SkyqLimits.tensorCount else {
      throw SkyqError(
        .tooManyEntries, "\(sectionCount) sections and \(tensorCount) tensors are more than a file may have")
    }
  }

  /// E011: the tables follow one another, and the front is bounded.
  private func checkFront() throws(SkyqError) {
    let tensorTable = UInt64(SkyqLimits.superblockSize) + UInt64(sectionCount) * UInt64(SkyqLimits.sectionEntrySize)
    let names = tensorTable + UInt64(tensorCount) * UInt64(SkyqLimits.tensorEntrySize)
    let (end, overflow) = names.addingReportingOverflow(namesSize)
    guard sectionTableOffset == SkyqLimits.superblockSize, tensorTableOffset == tensorTable, namesOffset == names,
      !overflow, frontSize == end, frontSize <= UInt64(SkyqLimits.frontSize), frontSize <= fileSize
    else {
      throw SkyqError(
        .frontLayout,
        "section table, tensor table and names must lie one after the other from 4096 and end inside "
          + "the file, at most at \(SkyqLimits.frontSize)", offset: 0x28)
    }
  }

  /// Whether the bytes that this minor version reserves are zero.
  static func reservedBytesAreZero(in bytes: [UInt8]) -> Bool {
    bytes[0x71..<0x78].allSatisfy { $0 == 0 } && bytes[0xC0..<0xF8].allSatisfy { $0 == 0 }
      && bytes[SkyqLimits.superblockFieldsSize...].allSatisfy { $0 == 0 }
  }
}

// The tensor table of a front and its entries, Formats/skyq.md §6.
import Storage

/// A tensor as its 256 bytes state it.
///
///     0x00  name offset, name length, encoding     0x08  rank, plane count, reserved, group size     0x10  8 dimensions
///     0x50  4 planes: offset, size, XXH3     0xB0  SHA-256     0xD0  element count     0xD8  reserved
struct TensorEntry {
  struct Plane: Equatable {
    var offset: UInt64 = 0
    var size: UInt64 = 0
    var xxh3: UInt64 = 0
  }

  var nameOffset: UInt32 = 0
  var nameLength: UInt16
  var encoding: UInt16
  var rank: UInt8
  var planeCount: UInt8
  var groupSize: UInt32
  /// `rank` of them are used. Held in place, like the planes: a front may have a million entries.
  var dimensions = InlineArray<8, UInt64>(repeating: 0)
  /// `planeCount` of them are used.
  var planes = InlineArray<4, Plane>(repeating: Plane())
  var sha256 = SHA256Digest()
  var elementCount: UInt64

  init(
    encoding: UInt16, groupSize: Int, dimensions: [Int], elementCount: Int, planeSizes: [Int], nameLength: Int
  ) {
    self.nameLength = UInt16(nameLength)
    self.encoding = encoding
    rank = UInt8(dimensions.count)
    planeCount = UInt8(planeSizes.count)
    self.groupSize = UInt32(groupSize)
    for (index, dimension) in dimensions.enumerated() { self.dimensions[index] = UInt64(dimension) }
    for (index, size) in planeSizes.enumerated() { planes[index].size = UInt64(size) }
    self.elementCount = UInt64(elementCount)
  }

  /// The entry that `record`, 256 bytes, states; what is reserved in it is passed over.
  init(record: RawSpan) {
    nameOffset = record.integer(at: 0x00)
    nameLength = record.integer(at: 0x04)
    encoding = record.integer(at: 0x06)
    rank = record.integer(at: 0x08)
    planeCount = record.integer(at: 0x09)
    groupSize = record.integer(at: 0x0C)
    for index in dimensions.indices { dimensions[index] = record.integer(at: 0x10 + 8 * index) }
    for index in planes.indices {
      let start = 0x50 + 24 * index
      planes[index] = Plane(
        offset: record.integer(at: start), size: record.integer(at: start + 8), xxh3: record.integer(at: start + 16))
    }
    sha256 = SHA256Digest(record.extracting(0xB0..<0xD0))
    elementCount = record.integer(at: 0xD0)
  }

  func encoded() -> [UInt8] {
    var record = RecordWriter()
    record.append(nameOffset)
    record.append(nameLength)
    record.append(encoding)
    record.append(rank)
    record.append(planeCount)
    record.pad(to: 0x0C)
    record.append(groupSize)
    for index in dimensions.indices { record.append(dimensions[index]) }
    for index in planes.indices {
      record.append(planes[index].offset)
      record.append(planes[index].size)
      record.append(planes[index].xxh3)
    }
    record.append(sha256)
    record.append(elementCount)
    record.pad(to: SkyqLimits.tensorEntrySize)
    return record.bytes
  }
}

/// The entries of a tensor table, held as the bytes they are in the file: there may be a million, and most are never
/// looked at again once they are checked.
struct TensorTable: Sendable {
  /// 256 bytes for each entry.
  var bytes: [UInt8] = []

  /// Number of entries.
  var count: Int { bytes.count / SkyqLimits.tensorEntrySize }
  /// Positions of the entries.
  var indices: Range<Int> { 0..<count }

  /// The entry at `index`.
  subscript(index: Int) -> TensorEntry {
    get { TensorEntry(record: record(at: index)) }
    set { bytes.replaceSubrange(range(of: index), with: newValue.encoded()) }
  }

  mutating func append(_ entry: TensorEntry) { bytes += entry.encoded() }

  /// Whether the reserved bytes of the entry at `index` are zero.
  func reservedIsZero(at index: Int) -> Bool {
    let record = record(at: index)
    return record.isZero(in: 0x0A..<0x0C) && record.isZero(in: 0xD8..<SkyqLimits.tensorEntrySize)
  }

  @_lifetime(borrow self)
  private func record(at index: Int) -> RawSpan { unsafe bytes.span.bytes.extracting(range(of: index)) }

  private func range(of index: Int) -> Range<Int> {
    index * SkyqLimits.tensorEntrySize..<(index + 1) * SkyqLimits.tensorEntrySize
  }
}

// The tensor table of a front, Formats/skyq.md §6.

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

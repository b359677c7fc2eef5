// The header of a safetensors file, after huggingface/safetensors `tensor.rs` (`Metadata::validate`):
//
//   0     8   N, the length of the header, little-endian
//   8     N   JSON object {"NAME": {"dtype", "shape", "data_offsets": [begin, end]}, …, "__metadata__": {…}},
//             padded with spaces
//   8+N       data; offsets count from here, and the tensors fill it without hole, overlap or tail
//
// Everything a file says is checked when the header is made; what has a header needs no further check.
// Formats/safetensors.md says what is accepted and refused.
//
// A header may list a million tensors: each is made when it is asked for.
public import Tensors

/// Names, types, shapes and places of the tensors of one safetensors file.
public struct SafetensorsHeader: Sendable {
  /// Longest header read and written, in bytes: the limit of the reference implementation.
  public static let maximumByteCount = 100_000_000
  /// Most dimensions of a tensor read and written.
  public static let maximumRank = 8
  static let metadataKey: StaticString = "__metadata__"

  /// One tensor and where its data lies.
  public struct Entry: Sendable, Hashable {
    public let info: TensorInfo
    /// Where its bytes lie, counted from the first byte after the header.
    public let byteRange: Range<Int>
  }

  /// All tensors in the order of their data.
  public let entries: SafetensorsEntryList
  /// The texts in `__metadata__`.
  public let metadata: [String: String]

  /// The tensor `name`, spelt byte by byte as in the header.
  public subscript(name: String) -> Entry? { entries.entry(named: name) }
}

/// The tensors of a file in the order of their data, and where that lies. All have been checked.
public struct SafetensorsEntryList: Sendable, RandomAccessCollection {
  /// One tensor without its name.
  struct Record {
    let dtype: DType
    /// Where its extents stand among those of all tensors.
    let dimensions: Range<UInt32>
    /// Where its bytes lie, counted from the first byte after the header.
    let byteRange: Range<Int>
  }

  /// In the order of the header, like `names`.
  private let records: [Record]
  private let dimensions: [Int]
  private let names: NameTable
  /// Positions in the order of the data; nil if that of the header is the same, as is usual.
  private let order: [UInt32]?

  /// Takes tensors in the order of the header, each checked by itself, and checks how they lie.
  /// - Parameter dimensions: The extents of all tensors.
  init(
    _ records: [Record], dimensions: [Int], names: NameTable, dataByteCount: Int
  ) throws(SafetensorsError.Reason) {
    self.records = records
    self.dimensions = dimensions
    self.names = names
    order = Self.isInDataOrder(records) ? nil : Self.dataOrder(of: records)
    try requireNoGaps(dataByteCount: dataByteCount)
  }

  public var startIndex: Int { 0 }
  public var endIndex: Int { records.count }

  /// The tensor at `index`, which must be below `count`.
  public subscript(index: Int) -> SafetensorsHeader.Entry { entry(at: position(of: index)) }

  /// The tensor `name`, spelt byte by byte as in the header.
  func entry(named name: String) -> SafetensorsHeader.Entry? { names.position(of: name).map { entry(at: $0) } }

  /// The tensor at `position` in the header.
  private func entry(at position: Int) -> SafetensorsHeader.Entry {
    let record = records[position]
    let extents = dimensions[Int(record.dimensions.lowerBound)..<Int(record.dimensions.upperBound)]
    let info = TensorInfo(name: names[position], dtype: record.dtype, shape: Shape(Array(extents)))
    return SafetensorsHeader.Entry(info: info, byteRange: record.byteRange)
  }

  /// Where in the header the tensor at `index` stands.
  private func position(of index: Int) -> Int { order.map { Int($0[index]) } ?? index }
}

extension SafetensorsEntryList {
  /// Whether sorting would change nothing.
  private static func isInDataOrder(_ records: [Record]) -> Bool {
    records.indices.dropFirst().allSatisfy { index in
      let (first, second) = (records[index - 1].byteRange, records[index].byteRange)
      return (first.lowerBound, first.upperBound) <= (second.lowerBound, second.upperBound)
    }
  }

  /// Positions in `records`, sorted by where the data begins. Any order in the header is accepted, and tensors without
  /// bytes may stand anywhere between others.
  private static func dataOrder(of records: [Record]) -> [UInt32] {
    (0..<UInt32(records.count)).sorted { left, right in
      let (first, second) = (records[Int(left)].byteRange, records[Int(right)].byteRange)
      return (first.lowerBound, first.upperBound, left) < (second.lowerBound, second.upperBound, right)
    }
  }

  /// Checks that the tensors fill the data: each begins where its predecessor ends, the last ends with the file.
  /// - Throws: E119 to E122.
  private func requireNoGaps(dataByteCount: Int) throws(SafetensorsError.Reason) {
    var end = 0
    for index in indices {
      let (position, range) = (position(of: index), records[position(of: index)].byteRange)
      if range.lowerBound < end {
        let previous = self[index - 1].info.name
        throw .tensor(names[position], .overlap(begin: range.lowerBound, previous: previous, previousEnd: end))
      }
      if range.lowerBound > end {
        throw .tensor(names[position], .hole(begin: range.lowerBound, previousEnd: end))
      }
      end = range.upperBound
      guard end <= dataByteCount else {
        throw .tensor(names[position], .beyondFile(end: end, dataByteCount: dataByteCount))
      }
    }
    guard end == dataByteCount else { throw .tail(dataEnd: end, dataByteCount: dataByteCount) }
  }
}

// The tensors of a header, made when they are asked for: a header may list a million.
import Tensors

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

  /// 0.
  public var startIndex: Int { 0 }
  /// Number of tensors.
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
        throw .overlap(
          tensor: names[position], begin: range.lowerBound, previous: self[index - 1].info.name, previousEnd: end)
      }
      if range.lowerBound > end { throw .hole(tensor: names[position], begin: range.lowerBound, previousEnd: end) }
      end = range.upperBound
      guard end <= dataByteCount else {
        throw .beyondFile(tensor: names[position], end: end, dataByteCount: dataByteCount)
      }
    }
    guard end == dataByteCount else { throw .tail(dataEnd: end, dataByteCount: dataByteCount) }
  }
}

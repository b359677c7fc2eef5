// The header of a safetensors file, after huggingface/safetensors `tensor.rs` (`Metadata::validate`):
//
//   0     8   N, the length of the header, little-endian
//   8     N   JSON object {"NAME": {"dtype", "shape", "data_offsets": [begin, end]}, …, "__metadata__": {…}},
//             padded with spaces
//   8+N       data; offsets count from here, and the tensors fill it without hole, overlap or tail
//
// Everything a file says is checked when the header is made; what has a header needs no further check.
// Formats/safetensors.md says what is accepted and refused.
public import Tensors

/// Names, types, shapes and places of the tensors of one safetensors file.
public struct SafetensorsHeader: Sendable {
  /// Longest header read and written, in bytes: the limit of the reference implementation.
  public static let maximumByteCount = 100_000_000
  /// Most dimensions of a tensor read and written.
  public static let maximumRank = 8
  static let metadataKey = "__metadata__"

  /// One tensor and where its data lies.
  public struct Entry: Sendable, Hashable {
    /// Name, dtype and shape.
    public let info: TensorInfo
    /// Where its bytes lie, counted from the first byte after the header.
    public let byteRange: Range<Int>
  }

  /// All tensors in the order of their data.
  public let entries: [Entry]
  /// The texts in `__metadata__`.
  public let metadata: [String: String]
  private let positions: [String: Int]

  /// The tensor `name`.
  public subscript(name: String) -> Entry? { positions[name].map { entries[$0] } }

  /// Takes tensors in the order of the header, each checked by itself, and checks how they lie.
  /// - Parameter positions: Where each name stands in `entries`.
  init(entries: [Entry], positions: [String: Int], metadata: [String: String], dataByteCount: Int)
    throws(SafetensorsError.Reason)
  {
    if SafetensorsHeader.isInDataOrder(entries) {
      self.entries = entries
      self.positions = positions
    } else {
      let order = SafetensorsHeader.dataOrder(of: entries)
      self.entries = order.map { entries[$0] }
      var ranks = order  // the inverse of `order`
      for (rank, position) in order.enumerated() { ranks[position] = rank }
      self.positions = positions.mapValues { ranks[$0] }
    }
    self.metadata = metadata
    try SafetensorsHeader.requireNoGaps(self.entries, dataByteCount: dataByteCount)
  }
}

extension SafetensorsHeader {
  /// Whether sorting would change nothing, as is usual.
  private static func isInDataOrder(_ entries: [Entry]) -> Bool {
    entries.indices.dropFirst().allSatisfy { index in
      let (first, second) = (entries[index - 1].byteRange, entries[index].byteRange)
      return (first.lowerBound, first.upperBound) <= (second.lowerBound, second.upperBound)
    }
  }

  /// Positions in `entries`, sorted by where the data begins. Any order in the header is accepted, and tensors without
  /// bytes may stand anywhere between others.
  private static func dataOrder(of entries: [Entry]) -> [Int] {
    entries.indices.sorted { left, right in
      let (first, second) = (entries[left].byteRange, entries[right].byteRange)
      return (first.lowerBound, first.upperBound, left) < (second.lowerBound, second.upperBound, right)
    }
  }

  /// Checks that the tensors fill the data: each begins where its predecessor ends, the last ends with the file.
  private static func requireNoGaps(_ entries: [Entry], dataByteCount: Int) throws(SafetensorsError.Reason) {
    var end = 0
    var previous = ""
    for entry in entries {
      let (name, begin) = (entry.info.name, entry.byteRange.lowerBound)
      if begin < end { throw .overlap(tensor: name, begin: begin, previous: previous, previousEnd: end) }
      if begin > end { throw .hole(tensor: name, begin: begin, previousEnd: end) }
      end = entry.byteRange.upperBound
      guard end <= dataByteCount else { throw .beyondFile(tensor: name, end: end, dataByteCount: dataByteCount) }
      previous = name
    }
    guard end == dataByteCount else { throw .tail(dataEnd: end, dataByteCount: dataByteCount) }
  }
}

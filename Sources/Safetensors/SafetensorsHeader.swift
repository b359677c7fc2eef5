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

  /// Takes entries that `parse` and `validate` have checked.
  init(checked entries: [Entry], metadata: [String: String]) {
    self.entries = entries
    self.metadata = metadata
    positions = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.info.name, $0) })
  }
}

extension SafetensorsHeader {
  /// Checks that the tensors fill the data: sorted by place, each begins where its predecessor ends, the last at the
  /// end. Any order in the header is accepted, and tensors without bytes may stand anywhere between others.
  static func inDataOrder(_ entries: [Entry], dataByteCount: Int) throws(SafetensorsError.Reason) -> [Entry] {
    let sorted = entries.sorted {
      ($0.byteRange.lowerBound, $0.byteRange.upperBound) < ($1.byteRange.lowerBound, $1.byteRange.upperBound)
    }
    var end = 0
    var previous = ""
    for entry in sorted {
      let (name, begin) = (entry.info.name, entry.byteRange.lowerBound)
      if begin < end { throw .overlap(tensor: name, begin: begin, previous: previous, previousEnd: end) }
      if begin > end { throw .hole(tensor: name, begin: begin, previousEnd: end) }
      end = entry.byteRange.upperBound
      guard end <= dataByteCount else { throw .beyondFile(tensor: name, end: end, dataByteCount: dataByteCount) }
      previous = name
    }
    guard end == dataByteCount else { throw .tail(dataEnd: end, dataByteCount: dataByteCount) }
    return sorted
  }
}

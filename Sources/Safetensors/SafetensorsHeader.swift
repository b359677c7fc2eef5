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
  static let metadataKey: StaticString = "__metadata__"

  /// One tensor and where its data lies.
  public struct Entry: Sendable, Hashable {
    /// Name, dtype and shape.
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

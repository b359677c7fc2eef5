// How the values of a tensor are stored, Formats/skyq.md §6.1 and §6.2.
public import Tensors

/// The encoding of a tensor. Files of later versions may hold encodings unknown here: they are listed, not computed.
public enum SkyqEncoding: Sendable, Hashable {
  case float32, float16, bfloat16, int8, uint8, int32, int64, bool
  /// Four-bit codes in groups along the input, binary16 scales, four-bit zeros.
  case awqFloat16
  /// Four-bit codes in groups along the input, bfloat16 scales, four-bit zeros.
  case awqBFloat16
  /// A code this version does not know.
  case unknown(UInt16)

  /// One row per encoding: its code in the file, its name, and the dtype of a plain one.
  private static let table: [(encoding: SkyqEncoding, code: UInt16, name: String, dtype: DType?)] = [
    (.float32, 1, "f32", .float32), (.float16, 2, "f16", .float16), (.bfloat16, 3, "bf16", .bfloat16),
    (.int8, 4, "i8", .int8), (.uint8, 5, "u8", .uint8), (.int32, 6, "i32", .int32), (.int64, 7, "i64", .int64),
    (.bool, 8, "bool", .bool), (.awqFloat16, 0x0101, "awq_u4 f16", nil), (.awqBFloat16, 0x0102, "awq_u4 bf16", nil),
  ]

  private var row: (encoding: SkyqEncoding, code: UInt16, name: String, dtype: DType?)? {
    Self.table.first { $0.encoding == self }
  }

  /// The encoding of this code.
  public init(code: UInt16) {
    self = Self.table.first { $0.code == code }?.encoding ?? .unknown(code)
  }

  /// The plain encoding of a dtype; nil if the format has none.
  public init?(dtype: DType) {
    guard let row = Self.table.first(where: { $0.dtype == dtype }) else { return nil }
    self = row.encoding
  }

  /// The code in the file.
  public var code: UInt16 { if case .unknown(let code) = self { code } else { row?.code ?? 0 } }
  /// The element type of a plain encoding; nil for the others.
  public var dtype: DType? { row?.dtype }
  /// The element type of the scales of an int4 encoding; nil for the others.
  public var scaleDType: DType? {
    switch self {
    case .awqFloat16: .float16
    case .awqBFloat16: .bfloat16
    default: nil
    }
  }
}

extension SkyqEncoding: CustomStringConvertible {
  /// `bf16`, `awq_u4 f16`, `unknown 0x8001`.
  public var description: String {
    if case .unknown(let code) = self { "unknown 0x" + String(code, radix: 16) } else { row?.name ?? "" }
  }
}

extension SkyqEncoding {
  /// Type and shape of each plane of a tensor `shape` in groups of `groupSize`; nil for an unknown encoding, whose
  /// planes only the file describes.
  /// - Throws: E024 if rank, shape or group size do not fit the encoding.
  func planes(of shape: Shape, groupSize: Int) throws(SkyqError) -> [(dtype: DType, shape: Shape)]? {
    if case .unknown = self { return nil }
    if let dtype {
      guard groupSize == 0 else {
        throw SkyqError(.encodingParameters, "\(self) has no groups, but the group size is \(groupSize)")
      }
      return [(dtype, shape)]
    }
    guard SkyqLimits.groupSizes.contains(groupSize) else {
      throw SkyqError(.encodingParameters, "\(self) needs groups of 32, 64 or 128, found \(groupSize)")
    }
    guard shape.rank == 2, shape[1] % groupSize == 0 else {
      throw SkyqError(
        .encodingParameters, "\(self) needs a shape [out, in] with in a multiple of \(groupSize), found \(shape)")
    }
    let rows = shape[0]
    let groups = shape[1] / groupSize
    return [
      (.uint8, [rows, shape[1] / 2]), (scaleDType ?? .float16, [rows, groups]), (.uint8, [rows, (groups + 1) / 2]),
    ]
  }
}

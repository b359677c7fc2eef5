// How the values of a tensor are stored, Formats/skyq.md §6.1 and §6.2.
public import Tensors

/// The encoding of a tensor. Files of later versions may hold encodings unknown here: they are listed, not computed.
public enum SkyqEncoding: Sendable, Hashable {
  case float32, float16, bfloat16, int8, uint8, int32, int64, bool
  /// Four-bit codes in groups along the input, binary16 scales, four-bit zeros.
  case awqFloat16
  /// Four-bit codes in groups along the input, bfloat16 scales, four-bit zeros.
  case awqBFloat16
  /// Eight-bit codes in groups along the input, binary16 scales, eight-bit zeros; since 1.1.
  case awqU8Float16
  /// A code this version does not know.
  case unknown(UInt16)

  /// One row per encoding: its code in the file, its name, and the dtype of a plain one.
  private static let table: [(encoding: SkyqEncoding, code: UInt16, name: StaticString, dtype: DType?)] = [
    (.float32, 1, "f32", .float32), (.float16, 2, "f16", .float16), (.bfloat16, 3, "bf16", .bfloat16),
    (.int8, 4, "i8", .int8), (.uint8, 5, "u8", .uint8), (.int32, 6, "i32", .int32), (.int64, 7, "i64", .int64),
    (.bool, 8, "bool", .bool), (.awqFloat16, 0x0101, "awq_u4 f16", nil), (.awqBFloat16, 0x0102, "awq_u4 bf16", nil),
    (.awqU8Float16, 0x0103, "awq_u8 f16", nil),
  ]

  private var row: (encoding: SkyqEncoding, code: UInt16, name: StaticString, dtype: DType?)? {
    Self.table.first { $0.encoding == self }
  }

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
  /// The element type of the scales of an encoding with codes; nil for the others.
  public var scaleDType: DType? {
    switch self {
    case .awqFloat16, .awqU8Float16: .float16
    case .awqBFloat16: .bfloat16
    default: nil
    }
  }
  /// How many codes, or zeros, share a byte.
  var codesPerByte: Int { self == .awqU8Float16 ? 1 : 2 }
  /// The lowest minor version of the format that has it.
  var minorVersion: UInt16 { self == .awqU8Float16 ? 1 : 0 }
}

extension SkyqEncoding: CustomStringConvertible {
  /// `bf16`, `awq_u4 f16`, `unknown 0x8001`.
  public var description: String {
    if case .unknown(let code) = self { "unknown 0x" + String(code, radix: 16) } else { row.map { "\($0.name)" } ?? "" }
  }
}

extension SkyqEncoding {
  /// One of the three planes of a matrix of codes: codes, scales, zeros.
  struct MatrixPlane {
    let dtype: DType
    let rows: Int
    let columns: Int

    var byteCount: Int { rows * columns * dtype.byteWidth }
  }

  /// Type and shape of each plane of a tensor `shape` in groups of `groupSize`; nil for an unknown encoding, whose
  /// planes only the file describes.
  /// - Throws: E024 if rank, shape or group size do not fit the encoding.
  func planes(of shape: Shape, groupSize: Int) throws(SkyqError) -> [(dtype: DType, shape: Shape)]? {
    if case .unknown = self { return nil }
    if let dtype {
      try requireNoGroups(groupSize)
      return [(dtype, shape)]
    }
    let (rows, columns) = shape.rank == 2 ? (shape[0], shape[1]) : (0, 0)
    let planes = try matrixPlanes(of: shape, rank: shape.rank, rows: rows, columns: columns, groupSize: groupSize)
    return planes.indices.map { (planes[$0].dtype, [planes[$0].rows, planes[$0].columns]) }
  }

  /// The planes of a matrix of codes. `shape` is for the message alone.
  /// - Throws: E024 if it is no matrix, or the group size does not fit.
  func matrixPlanes(
    of shape: @autoclosure () -> Shape, rank: Int, rows: Int, columns: Int, groupSize: Int
  ) throws(SkyqError) -> InlineArray<3, MatrixPlane> {
    guard SkyqLimits.groupSizes.contains(groupSize) else {
      throw SkyqError(.encodingParameters, "\(self) needs groups of 32, 64 or 128, found \(groupSize)")
    }
    guard rank == 2, columns % groupSize == 0 else {
      throw SkyqError(
        .encodingParameters, "\(self) needs a shape [out, in] with in a multiple of \(groupSize), found \(shape())")
    }
    let groups = columns / groupSize
    return [
      MatrixPlane(dtype: .uint8, rows: rows, columns: columns / codesPerByte),
      MatrixPlane(dtype: scaleDType ?? .float16, rows: rows, columns: groups),
      MatrixPlane(dtype: .uint8, rows: rows, columns: (groups + codesPerByte - 1) / codesPerByte),
    ]
  }

  /// E024 for a plain encoding.
  func requireNoGroups(_ groupSize: Int) throws(SkyqError) {
    guard groupSize == 0 else {
      throw SkyqError(.encodingParameters, "\(self) has no groups, but the group size is \(groupSize)")
    }
  }
}

// The awq_u4 planes of a .skyq file (Formats/skyq.md):
//   plane 0: [out][in/2] codes; in each block of 32 input features byte j = q[j] | q[j+16] << 4
//   plane 1: [out][in/g] scales, 16 bits
//   plane 2: [out][ceil(in/g/2)] zeros, low nibble = even group
internal import Kernels
internal import Tensors

/// The three planes of a linear as a .skyq file holds them.
public struct U4Planes: Sendable, Equatable {
  /// Input features of one block of plane 0.
  static let blockSize = 32
  /// Plane 0.
  public var codes: [UInt8]
  /// Plane 1, half precision.
  public var scales: [Float16]
  /// Plane 2.
  public var zeros: [UInt8]

  /// Bytes of one row of plane 2.
  static func zeroBytesPerRow(groups: Int) -> Int { (groups + 1) / 2 }

  /// Plane 2 of zeros `[rows, groups]`.
  static func packed(zeros: [UInt8], rows: Int, groups: Int) -> [UInt8] {
    let rowBytes = zeroBytesPerRow(groups: groups)
    var packed = [UInt8](repeating: 0, count: rows * rowBytes)
    for row in 0..<rows {
      for group in 0..<groups {
        packed[row * rowBytes + group / 2] |= (zeros[row * groups + group] & 0xF) << UInt8(4 * (group % 2))
      }
    }
    return packed
  }
}

extension QuantizedLinear {
  /// The same linear as .skyq planes.
  public var u4Planes: U4Planes {
    var packed = [UInt8](repeating: 0, count: codes.count / 2)
    let half = U4Planes.blockSize / 2
    for block in 0..<codes.count / U4Planes.blockSize {
      let source = block * U4Planes.blockSize
      for index in 0..<half {
        packed[block * half + index] = codes[source + index] & 0xF | codes[source + half + index] << 4
      }
    }
    return U4Planes(
      codes: packed, scales: scales, zeros: U4Planes.packed(zeros: zeros, rows: outFeatures, groups: groupsPerRow))
  }

  /// A linear read from .skyq planes; the planes' sizes must fit the features.
  public init(planes: U4Planes, outFeatures: Int, inFeatures: Int, scheme: QuantizationScheme) {
    let half = U4Planes.blockSize / 2
    var codes = [UInt8](repeating: 0, count: outFeatures * inFeatures)
    for block in 0..<codes.count / U4Planes.blockSize {
      for index in 0..<half {
        let byte = planes.codes[block * half + index]
        codes[block * U4Planes.blockSize + index] = byte & 0xF
        codes[block * U4Planes.blockSize + half + index] = byte >> 4
      }
    }
    let groups = inFeatures / scheme.groupSize
    let rowBytes = U4Planes.zeroBytesPerRow(groups: groups)
    var zeros = [UInt8](repeating: 0, count: outFeatures * groups)
    for row in 0..<outFeatures {
      for group in 0..<groups {
        zeros[row * groups + group] = planes.zeros[row * rowBytes + group / 2] >> UInt8(4 * (group % 2)) & 0xF
      }
    }
    self.init(
      outFeatures: outFeatures, inFeatures: inFeatures, scheme: scheme, codes: codes, zeros: zeros,
      scales: planes.scales)
  }
}

extension PackedLinear {
  /// See the protocol: words, codes one by one, and planes.
  public var planeScratchByteCount: Int { rows * columns * 2 + byteCount }

  /// See the protocol. By way of the plain order, which is that of the planes of eight bits.
  public func forEachPlanePiece(_ body: (RawSpan) throws -> Void) throws {
    let linear = try unpacked()
    guard scheme.bits == 4 else {
      try body(unsafe linear.codes.span.bytes)
      try body(unsafe linear.scales.span.bytes)
      return try body(unsafe linear.zeros.span.bytes)
    }
    let planes = linear.u4Planes
    try body(unsafe planes.codes.span.bytes)
    try body(unsafe planes.scales.span.bytes)
    try body(unsafe planes.zeros.span.bytes)
  }
}

extension AWQGEMMMatrix {
  /// Bytes of codes that are repacked before they are used, so that the cache still has them.
  private static let pieceByteCount = 1 << 20

  /// See the protocol: rows of codes, and all scales and zeros in both orders.
  public var planeScratchByteCount: Int {
    codeRows * columns / 2 + 2 * scales.info.byteCount + 5 * qzeros.info.byteCount
  }

  /// Rows whose codes are repacked at once.
  private var codeRows: Int {
    let lineRows = 128  // whose words fill a line of the cache
    return max(Self.pieceByteCount / (columns / 2) / lineRows, 1) * lineRows
  }

  /// See the protocol. Codes go from one packed order to the other some rows at a time.
  public func forEachPlanePiece(_ body: (RawSpan) throws -> Void) throws {
    let rowByteCount = columns / 2, panelRows = codeRows
    var codes = [UInt8](repeating: 0, count: min(panelRows, rows) * rowByteCount)
    for first in stride(from: 0, to: rows, by: panelRows) {
      let panel = first..<min(first + panelRows, rows)
      qweight.withBytes { words in
        var output = codes.mutableSpan
        Int4Repacking.awqGEMMToU4(
          qweight: words, inFeatures: columns, outFeatures: rows, rows: panel, into: &output)
      }
      try body(unsafe codes.span.bytes.extracting(0..<panel.count * rowByteCount))
    }
    let groups = columns / scheme.groupSize
    let scales = scales.halves().transposed(rows: groups)
    try body(unsafe scales.span.bytes)
    let zeros = CodePacking.awq.unpack(qzeros, 0..<rows, rows: rows, columns: groups)
    let packed = U4Planes.packed(zeros: zeros, rows: rows, groups: groups)
    try body(unsafe packed.span.bytes)
  }
}

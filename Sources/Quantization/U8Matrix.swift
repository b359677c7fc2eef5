// The awq_u8 planes of a .skyq file (Formats/skyq.md), decoded a few rows at a time:
//   plane 0: [out][in] codes    plane 1: [out][in/g] scales, 16 bits    plane 2: [out][in/g] zeros
public import Tensors

/// A linear of eight bits as three planes of a .skyq file, with scales in half precision.
public struct U8Matrix: PackedLinear {
  /// `[out, in]` U8.
  public let codes: TensorView
  /// `[out, groups]` F16.
  public let scales: TensorView
  /// `[out, groups]` U8.
  public let zeros: TensorView
  public let scheme: QuantizationScheme
  public let rows: Int
  public let columns: Int

  /// A linear of three views in groups of `groupSize`; nil if their types or shapes do not fit `rows` and `columns`, or
  /// there is no such group size.
  public init?(
    codes: TensorView, scales: TensorView, zeros: TensorView, groupSize: Int, rows: Int, columns: Int
  ) {
    guard let scheme = QuantizationScheme(groupSize: groupSize, codes: .int8), columns % groupSize == 0 else {
      return nil
    }
    let groups = columns / groupSize
    guard codes.info.dtype == .uint8, scales.info.dtype == .float16, zeros.info.dtype == .uint8,
      codes.info.shape == [rows, columns], scales.info.shape == [rows, groups], zeros.info.shape == [rows, groups]
    else { return nil }
    (self.codes, self.scales, self.zeros, self.scheme) = (codes, scales, zeros, scheme)
    (self.rows, self.columns) = (rows, columns)
  }

  /// Bytes of the three planes.
  public var byteCount: Int { codes.info.byteCount + scales.info.byteCount + zeros.info.byteCount }

  public func release() { for view in [codes, scales, zeros] { view.release() } }

  public func unpacked() -> QuantizedLinear {
    QuantizedLinear(
      outFeatures: rows, inFeatures: columns, scheme: scheme, codes: codes.bytes(), zeros: zeros.bytes(),
      scales: scales.halves())
  }

  public func hasSymmetricZeros() -> Bool { zeros.bytes().allSatisfy { $0 == scheme.middle } }

  public func isReproduced(by linear: QuantizedLinear) -> Bool { linear == unpacked() }

  public func decodeRows(_ range: Range<Int>, into output: inout MutableSpan<Float>) {
    let groups = columns / scheme.groupSize
    let scales = scales.rows(range).halves(), zeros = zeros.rows(range).bytes()
    codes.rows(range).withBytes { codes in
      for group in 0..<range.count * groups {
        let scale = Float(scales[group]), zero = Float(zeros[group])
        let start = group * scheme.groupSize
        for index in start..<start + scheme.groupSize {
          let code = unsafe codes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
          output[index] = (Float(code) - zero) * scale
        }
      }
    }
  }
}

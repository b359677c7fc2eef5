// Dot products with weights in the forms that they are stored in.
internal import CKernels
internal import Tensors

extension DenseMatrix: DotProductMatrix {
  /// Floats are widened in passing, however many vectors there are.
  public var directVectorLimit: Int { .max }

  public func dots(_ range: Range<Int>, with vectors: Span<Float>, into sums: inout MutableSpan<Float>) {
    withRows(range) { bytes, format in
      unsafe bytes.withUnsafeBytes {
        unsafe StoredDots.floats($0, format, rows: range.count, columns: columns, with: vectors, into: &sums)
      }
    }
  }
}

extension FloatMatrix: DotProductMatrix {
  public var directVectorLimit: Int { .max }

  public func dots(_ range: Range<Int>, with vectors: Span<Float>, into sums: inout MutableSpan<Float>) {
    let rows = values.span.extracting(range.lowerBound * columns..<range.upperBound * columns)
    unsafe rows.withUnsafeBytes {
      unsafe StoredDots.floats($0, .float32, rows: range.count, columns: columns, with: vectors, into: &sums)
    }
  }
}

/// Dot products by dots.c.
enum StoredDots {
  /// Rows of floats, `[rows, columns]` of them at any address.
  static func floats(
    _ weights: UnsafeRawBufferPointer, _ format: FloatFormat, rows: Int, columns: Int, with vectors: Span<Float>,
    into sums: inout MutableSpan<Float>
  ) {
    let count = vectors.count / columns
    precondition(weights.count >= rows * columns * (format == .float32 ? 4 : 2), "fewer bytes than weights")
    precondition(sums.count >= count * rows, "no room for the sums")
    unsafe vectors.withUnsafeBufferPointer { x in
      unsafe sums.withUnsafeMutableBufferPointer { y in
        unsafe ck_dots_floats(
          y.baseAddress, rows, ck_vectors(base: x.baseAddress, stride: columns, count: count),
          ck_float_rows(base: weights.baseAddress, type: format.code, stride: columns, rows: rows, columns: columns))
      }
    }
  }
}

extension FloatFormat {
  var code: ck_float_type {
    switch self {
    case .float32: CK_F32
    case .float16: CK_F16
    case .bfloat16: CK_BF16
    }
  }
}

/// Dot products with packed int4 weights, w = (q − z)·s.
public enum Int4Dots {
  /// Up to so many vectors, decoding eight codes for each of them costs less than writing decoded rows and
  /// reading them.
  public static let awqU4VectorLimit = 24
  /// Every vector decodes the codes anew.
  public static let awqGEMMVectorLimit = 1

  /// Rows of a linear in the AWQ GEMM layout; see `ck_dots_awq_gemm`.
  ///
  /// - Parameters:
  ///   - qweight: I32 `[in, out/8]`. - qzeros: I32 `[in/group, out/8]`. - scales: F16 `[in/group, out]`.
  ///   - rows: Output features; both bounds multiples of eight.
  ///   - vectors: `[count, in]`.
  ///   - sums: `[count, rows]`; all of it is written.
  public static func awqGEMM(
    qweight: RawSpan, qzeros: RawSpan, scales: RawSpan, inFeatures: Int, outFeatures: Int, groupSize: Int,
    rows: Range<Int>, with vectors: Span<Float>, into sums: inout MutableSpan<Float>
  ) {
    let groups = inFeatures / groupSize, count = vectors.count / inFeatures
    precondition(rows.lowerBound % 8 == 0 && rows.count % 8 == 0 && rows.upperBound <= outFeatures)
    precondition(qweight.byteCount == inFeatures * outFeatures / 2 && qzeros.byteCount == groups * outFeatures / 2)
    precondition(scales.byteCount == groups * outFeatures * 2 && sums.count >= count * rows.count)
    unsafe qweight.withUnsafeBytes { codes in
      unsafe qzeros.withUnsafeBytes { zeros in
        unsafe scales.withUnsafeBytes { scales in
          unsafe vectors.withUnsafeBufferPointer { x in
            unsafe sums.withUnsafeMutableBufferPointer { y in
              unsafe ck_dots_awq_gemm(
                y.baseAddress, rows.count, ck_vectors(base: x.baseAddress, stride: inFeatures, count: count),
                codes.baseAddress, zeros.baseAddress, scales.baseAddress, inFeatures, outFeatures, groupSize,
                rows.lowerBound, rows.count)
            }
          }
        }
      }
    }
  }

  /// Rows of a linear in the awq_u4 planes of a .skyq file, half-precision scales; see `ck_dots_awq_u4`.
  ///
  /// - Parameters:
  ///   - codes: `[out, in/2]`. - scales: F16 `[out, in/group]`. - zeros: `[out, ceil(in/group/2)]`.
  ///   - vectors: `[count, in]`.
  ///   - sums: `[count, rows]`; all of it is written.
  public static func awqU4(
    codes: RawSpan, scales: RawSpan, zeros: RawSpan, inFeatures: Int, groupSize: Int, rows: Range<Int>,
    with vectors: Span<Float>, into sums: inout MutableSpan<Float>
  ) {
    let groups = inFeatures / groupSize, count = vectors.count / inFeatures
    precondition(
      codes.byteCount >= rows.upperBound * inFeatures / 2 && scales.byteCount >= rows.upperBound * groups * 2)
    precondition(zeros.byteCount >= rows.upperBound * ((groups + 1) / 2) && sums.count >= count * rows.count)
    unsafe codes.withUnsafeBytes { codes in
      unsafe zeros.withUnsafeBytes { zeros in
        unsafe scales.withUnsafeBytes { scales in
          unsafe vectors.withUnsafeBufferPointer { x in
            unsafe sums.withUnsafeMutableBufferPointer { y in
              unsafe ck_dots_awq_u4(
                y.baseAddress, rows.count, ck_vectors(base: x.baseAddress, stride: inFeatures, count: count),
                codes.baseAddress, scales.baseAddress, zeros.baseAddress, CK_SCALES_F16, inFeatures, groupSize,
                rows.lowerBound, rows.count)
            }
          }
        }
      }
    }
  }
}

// Swift faces of CKernels' int4 decoders.
internal import CKernels

/// Decoding of packed int4 weights to 32-bit floats, w = (q − z)·s.
public enum Int4Decoding {
  /// Rows of a linear in the AWQ GEMM layout; see `ck_awq_gemm_decode_rows`.
  ///
  /// - Parameters:
  ///   - qweight: I32 `[in, out/8]`. - qzeros: I32 `[in/group, out/8]`. - scales: F16 `[in/group, out]`.
  ///   - rows: Output features; both bounds multiples of eight.
  ///   - output: At least `rows.count * inFeatures` elements; the first ones are written, row-major.
  public static func awqGEMM(
    qweight: RawSpan, qzeros: RawSpan, scales: RawSpan, inFeatures: Int, outFeatures: Int, groupSize: Int,
    rows: Range<Int>, into output: inout MutableSpan<Float>
  ) {
    let groups = inFeatures / groupSize
    precondition(rows.lowerBound % 8 == 0 && rows.count % 8 == 0 && rows.upperBound <= outFeatures)
    precondition(qweight.byteCount == inFeatures * outFeatures / 2 && qzeros.byteCount == groups * outFeatures / 2)
    precondition(scales.byteCount == groups * outFeatures * 2 && output.count >= rows.count * inFeatures)
    unsafe qweight.withUnsafeBytes { codes in
      unsafe qzeros.withUnsafeBytes { zeros in
        unsafe scales.withUnsafeBytes { scales in
          unsafe output.withUnsafeMutableBufferPointer { output in
            unsafe ck_awq_gemm_decode_rows(
              output.baseAddress, codes.baseAddress, zeros.baseAddress, scales.baseAddress, inFeatures, outFeatures,
              groupSize, rows.lowerBound, rows.count)
          }
        }
      }
    }
  }

  /// Rows of a linear in the awq_u4 planes of a .skyq file, half-precision scales; see `ck_awq_u4_decode_rows`.
  ///
  /// - Parameters:
  ///   - codes: `[out, in/2]`. - scales: F16 `[out, in/group]`. - zeros: `[out, ceil(in/group/2)]`.
  ///   - output: At least `rows.count * inFeatures` elements; the first ones are written, row-major.
  public static func u4(
    codes: RawSpan, scales: RawSpan, zeros: RawSpan, inFeatures: Int, groupSize: Int, rows: Range<Int>,
    into output: inout MutableSpan<Float>
  ) {
    let groups = inFeatures / groupSize
    precondition(
      codes.byteCount >= rows.upperBound * inFeatures / 2 && scales.byteCount >= rows.upperBound * groups * 2)
    precondition(zeros.byteCount >= rows.upperBound * ((groups + 1) / 2) && output.count >= rows.count * inFeatures)
    unsafe codes.withUnsafeBytes { codes in
      unsafe zeros.withUnsafeBytes { zeros in
        unsafe scales.withUnsafeBytes { scales in
          unsafe output.withUnsafeMutableBufferPointer { output in
            unsafe ck_awq_u4_decode_rows(
              output.baseAddress, codes.baseAddress, scales.baseAddress, zeros.baseAddress, CK_SCALES_F16, inFeatures,
              groupSize, rows.lowerBound, rows.count)
          }
        }
      }
    }
  }
}

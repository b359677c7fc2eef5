// The inner loop of GPTQ (Frantar et al., arXiv 2210.17323): round a column, move its error onto the later ones.
internal import CKernels

/// Rounding with error feedback, for a panel of rows at a time.
public enum ErrorFeedbackRounding {
  /// Columns rounded one by one before the others are updated together.
  private static let blockColumns = 128

  /// Rounds a panel.
  ///
  /// - Parameters:
  ///   - panel: `[columns, lanes]`, a lane being an output row; overwritten.
  ///   - upper: U of `Cholesky.upperFactorOfInverse`, `[columns, columns]`.
  ///   - scales: `[columns, lanes]`. - zeros: `[columns, lanes]`, whole numbers.
  /// - Returns: Codes, `[columns, lanes]`.
  public static func codes(
    panel: inout [Float], upper: [Float], scales: [Float], zeros: [Float], columns: Int, lanes: Int
  ) -> [UInt8] {
    precondition(panel.count == columns * lanes && upper.count == columns * columns)
    precondition(scales.count == panel.count && zeros.count == panel.count)
    var codes = [UInt8](repeating: 0, count: panel.count)
    var errors = [Float](repeating: 0, count: blockColumns * lanes)
    unsafe panel.withUnsafeMutableBufferPointer { w in
      unsafe codes.withUnsafeMutableBufferPointer { codes in
        unsafe errors.withUnsafeMutableBufferPointer { errors in
          unsafe upper.withUnsafeBufferPointer { u in
            unsafe scales.withUnsafeBufferPointer { scales in
              unsafe zeros.withUnsafeBufferPointer { zeros in
                guard let w = w.baseAddress, let codes = codes.baseAddress, let errors = errors.baseAddress,
                  let u = u.baseAddress, let scales = scales.baseAddress, let zeros = zeros.baseAddress
                else { return }
                let pointers = unsafe Panel(
                  w: w, codes: codes, errors: errors, u: u, scales: scales, zeros: zeros, columns: columns,
                  lanes: lanes)
                for start in stride(from: 0, to: columns, by: blockColumns) {
                  unsafe pointers.round(start..<min(start + blockColumns, columns))
                }
              }
            }
          }
        }
      }
    }
    return codes
  }

  /// The buffers of one panel.
  @unsafe private struct Panel {
    let w: UnsafeMutablePointer<Float>
    let codes: UnsafeMutablePointer<UInt8>
    let errors: UnsafeMutablePointer<Float>
    let u: UnsafePointer<Float>
    let scales: UnsafePointer<Float>
    let zeros: UnsafePointer<Float>
    let columns: Int
    let lanes: Int

    /// Rounds a block of columns, then takes its errors off all later ones: W[rest] −= U[block, rest]ᵀ · E[block].
    func round(_ block: Range<Int>) {
      let at = unsafe block.lowerBound * lanes
      let diagonal = unsafe u + block.lowerBound * columns + block.lowerBound
      unsafe ck_gptq_block(
        w + at, errors, codes + at, diagonal, columns, scales + at, zeros + at, block.count, lanes)
      let rest = unsafe columns - block.upperBound
      guard rest > 0 else { return }
      unsafe Gemm.multiply(
        MatrixPointer(base: diagonal + block.count, stride: columns), MatrixPointer(base: errors, stride: lanes),
        .leftTransposed, ProductSize(m: rest, n: lanes, k: block.count), .subtract,
        into: w + block.upperBound * lanes, stride: lanes)
    }
  }
}

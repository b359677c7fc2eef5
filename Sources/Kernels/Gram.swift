// Second moments of activations, XᵀX, as calibration needs them.
public import Tensors

/// Gram matrices of activations.
public enum Gram {
  /// Rows of the result that one worker computes together.
  private static let panelRows = 120

  /// Adds XᵀX, or Σ w[t]·x[t]ᵀx[t], to `gram`.
  ///
  /// Tokens are taken in fixed blocks of 256 (`Gemm.chain`). A block is multiplied in f32 (relative error below
  /// 256·2⁻²⁴ of the sum of magnitudes) and added to the f64 accumulators, in order of the blocks; a call begins a new
  /// block. The result is exactly symmetric and does not depend on the thread count.
  /// - Parameters:
  ///   - x: `[tokens, n]`.
  ///   - weights: one factor per token, not negative; nil means 1.
  ///   - gram: `n * n` sums, row-major.
  public static func accumulate(_ x: Tensor, weights: [Float]? = nil, into gram: inout [Double]) {
    let tokens = x.rowCount, n = x.rowWidth
    precondition(gram.count == n * n || tokens == 0, "the sums are not n by n")
    precondition(weights == nil || weights?.count == tokens, "one weight per token")
    guard tokens > 0, n > 0 else { return }
    let right = weights.map { scaled(x, by: $0) } ?? x
    addProducts(of: x, right, fromDiagonal: true, into: &gram)
    // Each row of panels mirrors itself below the diagonal, which no other one touches.
    unsafe gram.withUnsafeMutableBufferPointer { sums in
      nonisolated(unsafe) let sums = unsafe sums
      Parallel.forEach((n + panelRows - 1) / panelRows) { panel in
        for row in panel * panelRows..<min(n, (panel + 1) * panelRows) {
          for column in 0..<row { unsafe sums[row * n + column] = sums[column * n + row] }
        }
      }
    }
  }

  /// Adds XᵀY, or Σ w[t]·x[t]ᵀy[t], to `sums`, in blocks of tokens like `accumulate`.
  /// - Parameters:
  ///   - x: `[tokens, m]`.
  ///   - y: `[tokens, n]`.
  ///   - weights: one factor per token; nil means 1.
  ///   - sums: `m * n`, row-major: rows belong to features of x, columns to features of y.
  public static func accumulateCross(_ x: Tensor, _ y: Tensor, weights: [Float]? = nil, into sums: inout [Double]) {
    let tokens = x.rowCount
    precondition(y.rowCount == tokens && (sums.count == x.rowWidth * y.rowWidth || tokens == 0), "shapes do not fit")
    precondition(weights == nil || weights?.count == tokens, "one weight per token")
    guard tokens > 0, !sums.isEmpty else { return }
    addProducts(of: x, weights.map { scaled(y, by: $0) } ?? y, fromDiagonal: false, into: &sums)
  }

  /// Adds Σ over tokens of x[t]ᵀ·y[t] in panels of rows, each of which starts at its first diagonal element if nothing
  /// further left is wanted.
  private static func addProducts(of x: Tensor, _ y: Tensor, fromDiagonal: Bool, into sums: inout [Double]) {
    let m = x.rowWidth, n = y.rowWidth
    unsafe sums.withUnsafeMutableBufferPointer { sums in
      unsafe x.values.withUnsafeBufferPointer { left in
        unsafe y.values.withUnsafeBufferPointer { right in
          guard let sums = sums.baseAddress, let left = left.baseAddress, let right = right.baseAddress else { return }
          // Each panel writes its own rows of the sums.
          nonisolated(unsafe) let pointers = unsafe (sums: sums, left: left, right: right)
          Parallel.forEach((m + panelRows - 1) / panelRows) { panel in
            let row = panel * panelRows
            let column = fromDiagonal ? row : 0
            unsafe Gemm.multiply(
              MatrixPointer(base: pointers.left + row, stride: m),
              MatrixPointer(base: pointers.right + column, stride: n), .leftTransposed,
              ProductSize(m: min(m - row, panelRows), n: n - column, k: x.rowCount), .add,
              into: pointers.sums + row * n + column, stride: n)
          }
        }
      }
    }
  }

  private static func scaled(_ x: Tensor, by weights: [Float]) -> Tensor {
    var result = x
    let width = x.rowWidth
    for (token, weight) in weights.enumerated() {
      for index in token * width..<(token + 1) * width { result.values[index] *= weight }
    }
    return result
  }
}

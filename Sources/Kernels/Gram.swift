// Second moments of activations, XᵀX, as calibration needs them.
public import Tensors

/// Gram matrices of activations.
public enum Gram {
  /// Tokens multiplied in f32 before the block is added in f64.
  private static let blockTokens = 256
  /// Columns of the result that one worker computes together.
  private static let panelColumns = 256

  /// Adds XᵀX, or Σ w[t]·x[t]ᵀx[t], to `gram`.
  ///
  /// Tokens are taken in fixed blocks of 256. A block is multiplied in f32 (relative error below 256·2⁻²⁴ of the sum
  /// of magnitudes) and added to the f64 accumulators, in order of the blocks; a call begins a new block. The result
  /// is exactly symmetric and does not depend on the thread count.
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
    unsafe gram.withUnsafeMutableBufferPointer { sums in
      // Each panel writes its own rows of the sums, then mirrors them below the diagonal, which no other panel touches.
      nonisolated(unsafe) let sums = unsafe sums
      Parallel.forEach((n + panelColumns - 1) / panelColumns, scratchCount: min(n, panelColumns) * n) {
        panel, scratch in
        let rows = panel * panelColumns..<min(n, (panel + 1) * panelColumns)
        for start in stride(from: 0, to: tokens, by: blockTokens) {
          multiply(
            x, right, tokens: start..<min(tokens, start + blockTokens), rows: rows, firstColumn: rows.lowerBound,
            into: &scratch)
          for (line, row) in rows.enumerated() {
            let width = n - rows.lowerBound
            for column in row..<n {
              unsafe sums[row * n + column] += Double(scratch[line * width + column - rows.lowerBound])
            }
          }
        }
        for row in rows {
          for column in row + 1..<max(n, row + 1) { unsafe sums[column * n + row] = sums[row * n + column] }
        }
      }
    }
  }

  /// Adds XᵀY, or Σ w[t]·x[t]ᵀy[t], to `sums`, in blocks of tokens like `accumulate`.
  /// - Parameters:
  ///   - x: `[tokens, n]`.
  ///   - y: `[tokens, n]`.
  ///   - weights: one factor per token; nil means 1.
  ///   - sums: `n * n`, row-major: rows belong to features of x, columns to features of y.
  public static func accumulateCross(_ x: Tensor, _ y: Tensor, weights: [Float]? = nil, into sums: inout [Double]) {
    let tokens = x.rowCount, n = x.rowWidth
    precondition(x.shape == y.shape && (sums.count == n * n || tokens == 0), "shapes do not fit")
    guard tokens > 0, n > 0 else { return }
    let right = weights.map { scaled(y, by: $0) } ?? y
    unsafe sums.withUnsafeMutableBufferPointer { sums in
      // Each panel writes its own rows of the sums.
      nonisolated(unsafe) let sums = unsafe sums
      Parallel.forEach((n + panelColumns - 1) / panelColumns, scratchCount: min(n, panelColumns) * n) {
        panel, scratch in
        let rows = panel * panelColumns..<min(n, (panel + 1) * panelColumns)
        for start in stride(from: 0, to: tokens, by: blockTokens) {
          multiply(
            x, right, tokens: start..<min(tokens, start + blockTokens), rows: rows, firstColumn: 0, into: &scratch)
          for index in 0..<rows.count * n { unsafe sums[rows.lowerBound * n + index] += Double(scratch[index]) }
        }
      }
    }
  }

  /// scratch[i, j] = Σ over tokens of x[t, rows[i]] · right[t, firstColumn + j].
  private static func multiply(
    _ x: Tensor, _ right: Tensor, tokens: Range<Int>, rows: Range<Int>, firstColumn: Int,
    into scratch: inout MutableSpan<Float>
  ) {
    let n = x.rowWidth, first = tokens.lowerBound * n
    unsafe x.values.withUnsafeBufferPointer { left in
      unsafe right.values.withUnsafeBufferPointer { right in
        unsafe scratch.withUnsafeMutableBufferPointer { out in
          guard let left = left.baseAddress, let right = right.baseAddress, let out = out.baseAddress else { return }
          unsafe BLAS.multiply(
            MatrixPointer(base: left + first + rows.lowerBound, stride: n),
            MatrixPointer(base: right + first + firstColumn, stride: n), .leftTransposed, m: rows.count,
            n: n - firstColumn, k: tokens.count, into: out, stride: n - firstColumn)
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

// Second moments of activations, XᵀX, as calibration needs them.
public import Tensors

/// Gram matrices of activations.
public enum Gram {
  /// Rows of the result that one worker computes together: whole tiles, and as many as leave all workers something to
  /// do, since the columns are packed for each panel anew. No bit depends on it.
  private static func panelRows(_ size: Int) -> Int {
    min(480, max(120, size / (Parallel.threadCount + 1) / 24 * 24))
  }

  /// Adds XᵀY of every pair to `sums`.
  ///
  /// Tokens are taken in fixed blocks of 256 (`Gemm.chain`), each pair beginning a new one. A block is multiplied in f32
  /// (relative error below 256·2⁻²⁴ of the sum of magnitudes) and added to the f64 accumulators in order. The result does
  /// not depend on the thread count, nor on how pairs are spread over calls.
  /// - Parameters:
  ///   - pairs: `[tokens, m]` and `[tokens, n]` each; the second one usually carries the tokens' weights.
  ///   - upperOnly: leaves out what lies below the diagonal, for Y that is X times weights; see `symmetric`.
  ///   - sums: `m * n`, row-major: rows belong to features of x, columns to features of y.
  public static func accumulate(
    _ pairs: [(x: Tensor, y: Tensor)], upperOnly: Bool = false, into sums: inout [Double]
  ) {
    let pairs = pairs.filter { $0.x.rowCount > 0 }
    guard let first = pairs.first, !sums.isEmpty else { return }
    let m = first.x.rowWidth, n = first.y.rowWidth
    precondition(sums.count == m * n, "the sums are not m by n")
    precondition(pairs.allSatisfy { $0.x.rowWidth == m && $0.y.rowWidth == n && $0.x.rowCount == $0.y.rowCount })
    unsafe sums.withUnsafeMutableBufferPointer { sums in
      guard let base = sums.baseAddress else { return }
      // Each panel writes its own rows of the sums.
      nonisolated(unsafe) let sums = unsafe base
      let panelRows = panelRows(m)
      Parallel.forEach((m + panelRows - 1) / panelRows) { panel in
        let rows = panel * panelRows..<min(m, (panel + 1) * panelRows)
        for pair in pairs { unsafe addPanel(rows, of: pair, upperOnly: upperOnly, to: sums) }
      }
    }
  }

  /// The sums in single precision.
  public static func rounded(_ sums: [Double]) -> [Float] {
    unsafe Parallel.array(count: sums.count, chunkCount: 1 << 15) { output, first, count in
      unsafe sums.withUnsafeBufferPointer { sums in
        for index in 0..<count { unsafe output[index] = Float(sums[first + index]) }
      }
    }
  }

  /// The symmetric matrix of which `sums`, `[n, n]`, holds what lies on and above the diagonal, in single precision.
  public static func symmetric(upper sums: [Double], size n: Int) -> [Float] {
    precondition(sums.count == n * n, "the sums are not n by n")
    // Squares small enough that both of their places stay in the first-level cache.
    let block = 32
    return unsafe [Float](unsafeUninitializedCapacity: n * n) { buffer, initialized in
      // Each row of blocks is written, with its mirror image, by one worker.
      nonisolated(unsafe) let values = unsafe buffer
      Parallel.forEach((n + block - 1) / block) { index in
        let rows = index * block..<min(n, (index + 1) * block)
        for start in stride(from: rows.lowerBound, to: n, by: block) {
          for row in rows {
            for column in max(start, row)..<max(min(n, start + block), row) {
              let value = Float(sums[row * n + column])
              unsafe values[row * n + column] = value
              unsafe values[column * n + row] = value
            }
          }
        }
      }
      initialized = n * n
    }
  }

  /// Adds Σ over tokens of x[t]ᵀ·y[t] to the rows of a panel, from their diagonal elements on if nothing further left is
  /// wanted.
  private static func addPanel(
    _ rows: Range<Int>, of pair: (x: Tensor, y: Tensor), upperOnly: Bool, to sums: UnsafeMutablePointer<Double>
  ) {
    let m = pair.x.rowWidth, n = pair.y.rowWidth
    let row = rows.lowerBound
    let column = upperOnly ? row : 0
    unsafe pair.x.values.withUnsafeBufferPointer { left in
      unsafe pair.y.values.withUnsafeBufferPointer { right in
        guard let left = left.baseAddress, let right = right.baseAddress else { return }
        unsafe Gemm.multiply(
          MatrixPointer(base: left + row, stride: m), MatrixPointer(base: right + column, stride: n), .leftTransposed,
          ProductSize(m: rows.count, n: n - column, k: pair.x.rowCount), upperOnly ? .addUpper : .add,
          into: sums + row * n + column, stride: n)
      }
    }
  }
}

// Products of activations with weights that are decoded as they are needed.
public import Tensors

/// Matrix products, the same for any number of threads in any numeric mode. But in `NumericMode.openblas` a token's
/// bits depend on no other token. For a few tokens at a time `DotProducts` are faster.
public enum Matmul {
  /// Floats that a decoded panel may take: 2 MiB, a share of the second- and third-level caches.
  private static let panelFloatCount = 1 << 19

  /// y = x · Wᵀ + bias: a linear layer.
  /// - Parameters:
  ///   - x: `[tokens, in]`.
  ///   - weight: `[out, in]`; decoded panel by panel, never as a whole.
  ///   - bias: `[out]`.
  ///   - mode: what multiplies.
  /// - Returns: `[tokens, out]`.
  public static func linear(
    _ x: Tensor, _ weight: any WeightMatrix, bias: [Float]? = nil, in mode: NumericMode = .exact
  ) -> Tensor {
    let tokens = x.rowCount, rows = weight.rows, columns = weight.columns
    precondition(tokens == 0 || x.rowWidth == columns, "input width differs from the weight's columns")
    precondition(bias == nil || bias?.count == rows, "bias length differs from the weight's rows")
    var y = Tensor(zeros: [tokens, rows])
    guard tokens > 0, rows > 0, columns > 0 else { return y }
    if case .bfloat16 = mode { return BFloat16Products.linear(x, weight, bias: bias) }
    let panelRows = rowsPerPanel(columns: columns)
    unsafe y.values.withUnsafeMutableBufferPointer { outputs in
      unsafe x.values.withUnsafeBufferPointer { inputs in
        guard let output = outputs.baseAddress, let input = inputs.baseAddress else { return }
        // Each panel writes its own columns of the output.
        nonisolated(unsafe) let product = unsafe Product(
          x: input, y: output, tokens: tokens, rows: rows, columns: columns, mode: mode)
        Parallel.forEach((rows + panelRows - 1) / panelRows, scratchCount: panelRows * columns) { panel, scratch in
          let range = panel * panelRows..<min(rows, (panel + 1) * panelRows)
          weight.decodeRows(range, into: &scratch)
          unsafe product.addPanel(range, scratch)
          if let bias { unsafe product.add(bias, to: range) }
        }
      }
    }
    return y
  }

  /// a · b for a `[m, k]` and b `[k, n]`, both in memory, by our kernels.
  /// - Returns: `[m, n]`.
  public static func product(_ a: Tensor, _ b: Tensor) -> Tensor {
    precondition(a.shape.rank == 2 && b.shape.rank == 2 && a.shape[1] == b.shape[0], "shapes do not chain")
    let m = a.shape[0], k = a.shape[1], n = b.shape[1]
    // Each block packs all of b once; no bit depends on their number.
    let blockRows = max(256, min(1024, (m + Parallel.threadCount - 1) / Parallel.threadCount))
    guard k > 0, n > 0 else { return Tensor(zeros: [m, n]) }
    let values: [Float] = unsafe Parallel.array(count: m * n, chunkCount: blockRows * n) { out, first, count in
      unsafe a.values.withUnsafeBufferPointer { left in
        unsafe b.values.withUnsafeBufferPointer { right in
          guard let left = left.baseAddress, let right = right.baseAddress else { return }
          unsafe Gemm.multiply(
            MatrixPointer(base: left + first / n * k, stride: k), MatrixPointer(base: right, stride: n), .plain,
            ProductSize(m: count / n, n: n, k: k), into: out, stride: n)
        }
      }
    }
    return Tensor(shape: [m, n], values: values)
  }

  /// Rows decoded together: 64 to 256, fewer for wide weights.
  static func rowsPerPanel(columns: Int) -> Int { min(256, max(64, panelFloatCount / columns / 16 * 16)) }

  /// Input and output of one linear layer, as pointers that its workers share while it runs.
  @safe private struct Product {
    let x: UnsafePointer<Float>
    let y: UnsafeMutablePointer<Float>
    let tokens: Int
    let rows: Int
    let columns: Int
    let mode: NumericMode

    /// y[:, range] = x · panelᵀ.
    func addPanel(_ range: Range<Int>, _ panel: borrowing MutableSpan<Float>) {
      unsafe panel.withUnsafeBufferPointer { weights in
        guard let base = weights.baseAddress else { return }
        unsafe mode.multiply(
          MatrixPointer(base: x, stride: columns), MatrixPointer(base: base, stride: columns), .rightTransposed,
          ProductSize(m: tokens, n: range.count, k: columns), into: y + range.lowerBound, stride: rows)
      }
    }

    func add(_ bias: [Float], to range: Range<Int>) {
      for token in 0..<tokens {
        for row in range { unsafe y[token * rows + row] += bias[row] }
      }
    }
  }
}

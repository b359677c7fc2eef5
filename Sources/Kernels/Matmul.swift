// Products of activations with weights that are decoded as they are needed.
import CKernels
public import Tensors

/// Matrix products, the same for any number of threads in any numeric mode. Products with up to four tokens may differ in
/// the last bits from those with more.
public enum Matmul {
  /// Up to this many tokens, dot products with a decoded row are faster than a matrix product.
  private static let matvecTokenLimit = 4
  /// Floats that a decoded panel may take: 2 MiB, a share of the second- and third-level caches.
  private static let panelFloatCount = 1 << 19
  /// Floats decoded at a time before dot products: 128 KiB stay in the second-level cache.
  private static let stripFloatCount = 1 << 15

  /// y = x · Wᵀ + bias: a linear layer.
  /// - Parameters:
  ///   - x: `[tokens, in]`.
  ///   - weight: `[out, in]`; decoded panel by panel, never as a whole.
  ///   - bias: `[out]`.
  ///   - mode: what multiplies; dot products with up to four tokens are the same in all modes.
  /// - Returns: `[tokens, out]`.
  public static func linear(
    _ x: Tensor, _ weight: any WeightMatrix, bias: [Float]? = nil, in mode: NumericMode = .exact
  ) -> Tensor {
    let tokens = x.rowCount, rows = weight.rows, columns = weight.columns
    precondition(tokens == 0 || x.rowWidth == columns, "input width differs from the weight's columns")
    precondition(bias == nil || bias?.count == rows, "bias length differs from the weight's rows")
    var y = Tensor(zeros: [tokens, rows])
    guard tokens > 0, rows > 0, columns > 0 else { return y }
    let panelRows = rowsPerPanel(columns: columns)
    let isMatvec = tokens <= matvecTokenLimit
    let strip = isMatvec ? min(panelRows, max(8, stripFloatCount / columns / 8 * 8)) : panelRows
    unsafe y.values.withUnsafeMutableBufferPointer { outputs in
      unsafe x.values.withUnsafeBufferPointer { inputs in
        guard let output = outputs.baseAddress, let input = inputs.baseAddress else { return }
        // Each panel writes its own columns of the output.
        nonisolated(unsafe) let product = unsafe Product(
          x: input, y: output, tokens: tokens, rows: rows, columns: columns, mode: mode)
        Parallel.forEach((rows + panelRows - 1) / panelRows, scratchCount: strip * columns) { panel, scratch in
          let end = min(rows, (panel + 1) * panelRows)
          for start in stride(from: panel * panelRows, to: end, by: strip) {
            let range = start..<min(end, start + strip)
            weight.decodeRows(range, into: &scratch)
            if isMatvec { unsafe product.addDots(range, scratch) } else { unsafe product.addPanel(range, scratch) }
            if let bias { unsafe product.add(bias, to: range) }
          }
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
    let blockRows = 256
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

    /// The same, token by token, as dot products.
    func addDots(_ range: Range<Int>, _ strip: borrowing MutableSpan<Float>) {
      unsafe strip.withUnsafeBufferPointer { weights in
        for token in 0..<tokens {
          unsafe ck_matvec_f32(
            y + token * rows + range.lowerBound, weights.baseAddress, x + token * columns, range.count, columns)
        }
      }
    }

    func add(_ bias: [Float], to range: Range<Int>) {
      for token in 0..<tokens {
        for row in range { unsafe y[token * rows + row] += bias[row] }
      }
    }
  }
}

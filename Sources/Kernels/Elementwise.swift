// Norms of rows, elementwise functions of the MLPs, and sums of branches.
internal import CKernels
public import Tensors

/// Normalization of each row of a tensor.
public enum Normalization {
  /// Rows that one worker normalises together.
  private static let blockRows = 16

  /// x / √(mean(x²) + epsilon) · weight.
  /// - Parameters:
  ///   - x: `[tokens, width]`.
  ///   - weight: `[width]`.
  public static func rms(_ x: Tensor, weight: [Float], epsilon: Float) -> Tensor {
    unsafe mapRows(x, width: weight.count) { out, row, width in unsafe ck_rms_norm_f32(out, row, weight, width, epsilon)
    }
  }

  /// RMSNorm of each head of a row on its own (Qwen3).
  /// - Parameters:
  ///   - x: `[tokens, heads · headDim]`.
  ///   - weight: `[headDim]`, the same for all heads.
  public static func rmsPerHead(_ x: Tensor, weight: [Float], epsilon: Float) -> Tensor {
    guard x.shape.elementCount > 0 else { return x }
    precondition(x.rowWidth % weight.count == 0, "row is not a whole number of heads")
    let heads = x.reshaped(to: [x.shape.elementCount / weight.count, weight.count])
    return rms(heads, weight: weight, epsilon: epsilon).reshaped(to: x.shape)
  }

  /// (x − mean) / √(variance + epsilon) · weight + bias, population variance.
  /// - Parameters:
  ///   - x: `[tokens, width]`.
  ///   - weight: `[width]`.
  ///   - bias: `[width]`.
  public static func layer(_ x: Tensor, weight: [Float], bias: [Float], epsilon: Float) -> Tensor {
    precondition(bias.count == weight.count, "bias length differs from the weight's")
    return unsafe mapRows(x, width: weight.count) { out, row, width in
      unsafe ck_layer_norm_f32(out, row, weight, bias, width, epsilon)
    }
  }

  private static func mapRows(
    _ x: Tensor, width: Int, _ body: @Sendable (UnsafeMutablePointer<Float>, UnsafePointer<Float>, Int) -> Void
  ) -> Tensor {
    var result = x
    guard x.shape.elementCount > 0 else { return result }
    precondition(x.rowWidth == width, "row width differs from the weight's length")
    Parallel.forEachChunk(of: &result.values, chunkCount: blockRows * width) { block, chunk in
      unsafe x.values.withUnsafeBufferPointer { source in
        unsafe chunk.withUnsafeMutableBufferPointer { target in
          guard let from = source.baseAddress, let to = target.baseAddress else { return }
          for start in stride(from: 0, to: target.count, by: width) {
            unsafe body(to + start, from + block * blockRows * width + start, width)
          }
        }
      }
    }
    return result
  }
}

/// Elementwise functions. They consume their argument: one that nobody else holds is overwritten, which saves the
/// page faults of another large array.
public enum Activation {
  /// Elements that one worker takes together.
  private static let chunkCount = 1 << 14

  /// The exact GELU, x / 2 · (1 + erf(x / √2)).
  public static func gelu(_ x: consuming Tensor) -> Tensor {
    Parallel.forEachChunk(of: &x.values, chunkCount: chunkCount) { _, chunk in
      unsafe chunk.withUnsafeMutableBufferPointer { unsafe ck_gelu_f32($0.baseAddress, $0.count) }
    }
    return x
  }

  /// silu(gate) ∘ up, with silu(x) = x / (1 + e⁻ˣ).
  public static func siluGated(_ gate: consuming Tensor, _ up: Tensor) -> Tensor {
    precondition(gate.shape == up.shape, "gate and up differ in shape")
    Parallel.forEachChunk(of: &gate.values, chunkCount: chunkCount) { index, chunk in
      unsafe up.values.withUnsafeBufferPointer { factors in
        unsafe chunk.withUnsafeMutableBufferPointer { gates in
          guard let first = factors.baseAddress else { return }
          unsafe ck_silu_mul_f32(gates.baseAddress, first + index * chunkCount, gates.count)
        }
      }
    }
    return gate
  }
}

extension Tensor {
  /// x += y: the residual connection.
  public static func += (x: inout Tensor, y: Tensor) {
    precondition(x.shape == y.shape, "sum of different shapes")
    x.add(y, scaledBy: nil)
  }

  /// x += scale ∘ y, `scale` the same for all rows: a branch under LayerScale.
  public mutating func add(_ y: Tensor, scaledBy scale: [Float]?) {
    precondition(shape.elementCount == y.shape.elementCount, "sum of different shapes")
    let width = max(1, rowWidth)
    precondition(scale == nil || scale?.count == width || values.isEmpty, "one scale per column")
    unsafe values.withUnsafeMutableBufferPointer { sums in
      unsafe y.values.withUnsafeBufferPointer { terms in
        for start in stride(from: 0, to: sums.count, by: width) {
          if let scale {
            for column in 0..<width { unsafe sums[start + column] += scale[column] * terms[start + column] }
          } else {
            for column in 0..<width { unsafe sums[start + column] += terms[start + column] }
          }
        }
      }
    }
  }
}

// RMSNorm and LayerNorm over rows.
import CKernels
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

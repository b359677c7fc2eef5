// Elementwise functions of the MLPs, and sums of branches.
import CKernels
public import Tensors

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

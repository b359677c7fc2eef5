// Rotary position embedding over the whole head, half rotation, as in transformers' `modeling_rope_utils.py`.
import Glibc
public import Tensors

/// Cosines and sines of the rotary angles at consecutive positions.
public struct RotaryTable: Sendable, Equatable {
  /// Positions the table covers.
  public let positions: Range<Int>
  /// Width of a head; even.
  public let headDim: Int
  /// `[positions, headDim / 2]`.
  public let cosines: [Float]
  /// `[positions, headDim / 2]`.
  public let sines: [Float]

  /// Angles are position · frequency, rounded to f32 as in the reference; cos and sin are then taken exactly.
  /// - Parameters:
  ///   - positions: of the tokens that will be rotated.
  ///   - frequencies: `[headDim / 2]`, radians per position.
  public init(positions: Range<Int>, frequencies: [Float]) {
    self.positions = positions
    headDim = 2 * frequencies.count
    let angles = positions.flatMap { position in frequencies.map { Double(Float(position) * $0) } }
    cosines = angles.map { Float(cos($0)) }
    sines = angles.map { Float(sin($0)) }
  }

  /// Rotates each head of each row: (x_j, x_{j+d/2}) → (x_j cos a − x_{j+d/2} sin a, x_{j+d/2} cos a + x_j sin a).
  /// - Parameter x: `[positions, heads · headDim]`.
  public func rotate(_ x: consuming Tensor) -> Tensor {
    precondition(x.rowCount == positions.count, "one row per position")
    guard x.shape.elementCount > 0 else { return x }
    precondition(x.rowWidth % headDim == 0, "row is not a whole number of heads")
    let width = x.rowWidth, half = headDim / 2
    Parallel.forEachChunk(of: &x.values, chunkCount: width) { row, chunk in
      let table = row * half
      for head in stride(from: 0, to: width, by: headDim) {
        for j in 0..<half {
          let (c, s) = (cosines[table + j], sines[table + j])
          let (low, high) = (chunk[head + j], chunk[head + half + j])
          chunk[head + j] = low * c - high * s
          chunk[head + half + j] = high * c + low * s
        }
      }
    }
    return x
  }
}

// Factors of symmetric positive definite matrices in double precision, block by block, so that nearly all of the work
// is matrix products. The same bits on every processor and for any number of threads.
public import Tensors

/// Solutions and inverse factors by Cholesky decomposition.
public enum Cholesky {
  /// A factored matrix A, to solve with for many rows.
  public struct Factor: Sendable {
    /// Larger systems are solved in single precision, with a factor made in double precision: half of the time.
    private static let largestInDouble = 2048

    private enum Lower: Sendable {
      case double(LowerFactor<Double>)
      case single(LowerFactor<Float>)
    }

    private let lower: Lower
    private let size: Int

    /// Factors `matrix`, `[size, size]`, symmetric; nil if it is not positive definite.
    public init?(of matrix: consuming [Double], size: Int) {
      precondition(matrix.count == size * size, "not a square matrix")
      guard let lower = LowerFactor(of: matrix, size: size) else { return nil }
      self.lower = size > Self.largestInDouble ? .single(LowerFactor(rounding: lower)) : .double(lower)
      self.size = size
    }

    /// The rows x that solve x·A = b for every row b: `[rows, size]`. In double precision up to 2,048 unknowns, in single
    /// precision above.
    public func solve(_ rows: consuming Tensor) -> Tensor {
      precondition(rows.rowWidth == size || rows.values.isEmpty, "rows are not as wide as the matrix")
      switch lower {
      case .double(let lower): lower.solve(&rows)
      case .single(let lower): lower.solve(&rows)
      }
      return rows
    }
  }

  /// x with A·x = b for a system too small for blocks, as in fits of one row's group scales.
  ///
  /// - Parameter matrix: A, `[count, count]` for `count` targets b, symmetric; what lies above the diagonal is not read.
  /// - Returns: nil if A is not positive definite.
  public static func solve(_ target: [Double], _ matrix: [Double]) -> [Double]? {
    let size = target.count
    precondition(matrix.count == size * size, "not a square matrix of the target's size")
    var factor = matrix, x = target
    guard factorInPlace(&factor, size: size, 0..<size) else { return nil }
    for row in 0..<size {
      for k in 0..<row { x[row] -= factor[row * size + k] * x[k] }
      x[row] /= factor[row * size + row]
    }
    for row in (0..<size).reversed() {
      for k in row + 1..<size { x[row] -= factor[k * size + row] * x[k] }
      x[row] /= factor[row * size + row]
    }
    return x
  }

  /// Turns the lower triangle of the square block on the diagonal that `range` names into its factor, row by row.
  ///
  /// - Parameter values: `[size, size]`.
  /// - Returns: whether the block is positive definite.
  static func factorInPlace(_ values: inout [Double], size: Int, _ range: Range<Int>) -> Bool {
    for row in range {
      for column in range.lowerBound...row {
        var sum = values[row * size + column]
        for k in range.lowerBound..<column { sum -= values[row * size + k] * values[column * size + k] }
        if column < row {
          values[row * size + column] = sum / values[column * size + column]
        } else {
          guard sum > 0, sum.isFinite else { return false }
          values[row * size + row] = sum.squareRoot()
        }
      }
    }
    return true
  }

  /// The upper triangular U with Uᵀ·U = A⁻¹, as GPTQ (Frantar et al., arXiv 2210.17323) uses it.
  ///
  /// With J the matrix that reverses the order, A = J·L·Lᵀ·J for the factor L of the reversed matrix J·A·J, and so
  /// U = J·L⁻¹·J: one factor and one triangular inverse, half the work of inverting A first.
  /// - Parameter matrix: A, `[size, size]`, symmetric.
  /// - Returns: U, row-major with zeros below the diagonal, or nil if A is not positive definite.
  public static func upperFactorOfInverse(_ matrix: consuming [Double], size: Int) -> [Float]? {
    precondition(matrix.count == size * size, "not a square matrix")
    // Reversing rows and columns of a row-major square reverses its elements.
    matrix.reverse()
    guard let inverse = LowerFactor(of: matrix, size: size)?.inverse() else { return nil }
    let last = inverse.count - 1
    return unsafe Parallel.array(count: inverse.count, chunkCount: 1 << 15) { output, first, count in
      for index in first..<first + count { unsafe output[index - first] = Float(inverse[last - index]) }
    }
  }

  /// `matrix`, `[size, size]`, with its rows and columns in `order`, in double precision.
  public static func reordered(_ matrix: [Float], _ order: [Int]) -> [Double] {
    let size = order.count
    precondition(matrix.count == size * size, "not a square matrix")
    return unsafe Parallel.array(count: size * size, chunkCount: max(size, 1)) { output, first, _ in
      let line = order[first / size] * size
      for column in 0..<size { unsafe output[column] = Double(matrix[line + order[column]]) }
    }
  }
}

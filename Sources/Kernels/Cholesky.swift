// Factors of symmetric positive definite matrices, by LAPACK.
internal import COpenBLAS
public import Tensors

/// Cholesky factors in double precision.
public enum Cholesky {
  /// The rows x that solve x·A = b for every row b: `[rows, size]`.
  ///
  /// - Parameter matrix: A, `[size, size]`, symmetric.
  /// - Returns: nil if A is not positive definite.
  public static func solve(_ rows: Tensor, _ matrix: [Double]) -> Tensor? {
    let size = rows.rowWidth
    precondition(matrix.count == size * size, "not a square matrix of the rows' width")
    BLAS.pin()
    var a = matrix
    // A row of ours is a column of LAPACK's right-hand side.
    var x = rows.values.map { Double($0) }
    guard var order = Int32(exactly: size), var count = Int32(exactly: rows.rowCount) else { return nil }
    var status: Int32 = 0
    unsafe dpotrf_("L", &order, &a, &order, &status, 1)
    guard status == 0 else { return nil }
    unsafe dpotrs_("L", &order, &count, &a, &order, &x, &order, &status, 1)
    return status == 0 ? Tensor(shape: rows.shape, values: x.map { Float($0) }) : nil
  }

  /// The upper triangular U with Uᵀ·U = A⁻¹, as GPTQ (Frantar et al., arXiv 2210.17323) uses it.
  ///
  /// - Parameter matrix: A, `[size, size]`, symmetric.
  /// - Returns: U, row-major with zeros below the diagonal, or nil if A is not positive definite.
  public static func upperFactorOfInverse(_ matrix: [Double], size: Int) -> [Float]? {
    precondition(matrix.count == size * size, "not a square matrix")
    BLAS.pin()
    var a = matrix
    guard var order = Int32(exactly: size) else { return nil }
    var status: Int32 = 0
    // Column-major "L" is row-major "U": factor A, turn the factor into the upper half of A⁻¹, factor that.
    unsafe dpotrf_("L", &order, &a, &order, &status, 1)
    guard status == 0 else { return nil }
    unsafe dpotri_("L", &order, &a, &order, &status, 1)
    guard status == 0 else { return nil }
    unsafe dpotrf_("L", &order, &a, &order, &status, 1)
    guard status == 0 else { return nil }
    var upper = [Float](repeating: 0, count: size * size)
    for row in 0..<size {
      for column in row..<size { upper[row * size + column] = Float(a[row * size + column]) }
    }
    return upper
  }
}

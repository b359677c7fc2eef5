// OpenBLAS and its LAPACK as the oracle, in double precision.
import COpenBLAS
import Tensors

enum Oracle {
  /// a · b for a `[m, k]` and b `[k, n]`, row-major; transposed a is `[k, m]`, b `[n, k]`.
  static func product(
    _ a: [Double], _ b: [Double], m: Int, n: Int, k: Int, leftTransposed: Bool = false, rightTransposed: Bool = false
  ) -> [Double] {
    var c = [Double](repeating: 0, count: m * n)
    unsafe cblas_dgemm(
      CblasRowMajor, leftTransposed ? CblasTrans : CblasNoTrans, rightTransposed ? CblasTrans : CblasNoTrans, Int32(m),
      Int32(n), Int32(k), 1, a, Int32(leftTransposed ? m : k), b, Int32(rightTransposed ? k : n), 0, &c, Int32(n))
    return c
  }

  /// The worst error of `c` against the oracle's a · b, in units of what sums of `length` products rounded in single
  /// precision may be off by (`MatmulTests.bound`).
  static func worstError(
    of c: [Double], _ a: [Float], _ b: [Float], m: Int, n: Int, k: Int, length: Int, leftTransposed: Bool = false,
    rightTransposed: Bool = false
  ) -> Double {
    let (wideA, wideB) = (a.map { Double($0) }, b.map { Double($0) })
    func product(_ a: [Double], _ b: [Double]) -> [Double] {
      self.product(a, b, m: m, n: n, k: k, leftTransposed: leftTransposed, rightTransposed: rightTransposed)
    }
    let expected = product(wideA, wideB), magnitudes = product(wideA.map(abs), wideB.map(abs))
    return c.indices.reduce(0) { worst, index in
      max(worst, abs(c[index] - expected[index]) / MatmulTests.bound(length, magnitudes: magnitudes[index]))
    }
  }

  /// The upper triangular U with Uᵀ·U = A⁻¹, row-major; nil if A, `[n, n]` and symmetric, is not positive definite.
  static func upperFactorOfInverse(_ matrix: [Double], size: Int) -> [Double]? {
    // LAPACK's columns are our rows: its lower triangle is our upper one.
    var n = Int32(size), values = matrix, info: Int32 = 0
    unsafe dpotrf_("L", &n, &values, &n, &info)
    guard info == 0 else { return nil }
    unsafe dpotri_("L", &n, &values, &n, &info)
    guard info == 0 else { return nil }
    unsafe dpotrf_("L", &n, &values, &n, &info)
    guard info == 0 else { return nil }
    for row in 0..<size {
      for column in 0..<row { values[row * size + column] = 0 }
    }
    return values
  }

  /// The rows x with x·A = b for each of `rows` rows b; nil if A is not positive definite.
  static func solve(_ right: [Double], rows: Int, _ matrix: [Double], size: Int) -> [Double]? {
    var n = Int32(size), count = Int32(rows), values = matrix, x = right, info: Int32 = 0
    unsafe dposv_("L", &n, &count, &values, &n, &x, &n, &info)
    return info == 0 ? x : nil
  }
}

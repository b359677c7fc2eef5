// Single-precision matrix products by OpenBLAS, which runs on the calling thread alone: its result for more threads
// differs bit by bit, and `Parallel` already keeps the processors busy.
import COpenBLAS

/// A row-major matrix in memory that somebody else owns and keeps alive.
@safe struct MatrixPointer {
  let base: UnsafePointer<Float>
  /// Elements from one row to the next.
  let stride: Int
}

enum BLAS {
  private static let isPinned: Void = openblas_set_num_threads(1)

  /// Keeps OpenBLAS, LAPACK included, on the calling thread.
  static func pin() { _ = isPinned }

  /// Which factor is stored transposed.
  enum Form {
    /// a `[m, k]`, b `[k, n]`.
    case plain
    /// a `[k, m]`, b `[k, n]`.
    case leftTransposed
    /// a `[m, k]`, b `[n, k]`.
    case rightTransposed
  }

  /// c = alpha · a · b + beta · c, `[m, n]`, with one factor perhaps transposed.
  static func multiply(
    _ a: MatrixPointer, _ b: MatrixPointer, _ form: Form, m: Int, n: Int, k: Int, alpha: Float = 1, beta: Float = 0,
    into c: UnsafeMutablePointer<Float>, stride: Int
  ) {
    pin()
    unsafe cblas_sgemm(
      CblasRowMajor, form == .leftTransposed ? CblasTrans : CblasNoTrans,
      form == .rightTransposed ? CblasTrans : CblasNoTrans, blasint(m), blasint(n), blasint(k), alpha, a.base,
      blasint(a.stride), b.base, blasint(b.stride), beta, c, blasint(stride))
  }
}

// Matrix products by the kernels of gemm.c: bit for bit the same on every processor, for any panel and any number of
// threads. A BLAS library promises neither: it chooses its kernels by processor, and on one and the same core it gives
// a row other bits in a call with other rows, so that its results depend on how the work is cut. OpenBLAS is a
// numeric mode of its own (`NumericMode.openblas`), with cuts that are fixed.
internal import CKernels

/// A row-major matrix in memory that somebody else owns and keeps alive.
@safe struct MatrixPointer<Element> {
  let base: UnsafePointer<Element>
  /// Elements from one row to the next.
  let stride: Int

  /// As the factor whose rows are lines of the product.
  fileprivate var rows: (line: Int, step: Int) { (stride, 1) }
  /// As the factor whose columns are lines of the product.
  fileprivate var columns: (line: Int, step: Int) { (1, stride) }
}

/// Which factor of a product a · b is stored transposed.
enum ProductForm {
  /// a `[m, k]`, b `[k, n]`.
  case plain
  /// a `[k, m]`, b `[k, n]`.
  case leftTransposed
  /// a `[m, k]`, b `[n, k]`.
  case rightTransposed

  fileprivate func left<T>(_ a: MatrixPointer<T>) -> (line: Int, step: Int) {
    self == .leftTransposed ? a.columns : a.rows
  }

  fileprivate func right<T>(_ b: MatrixPointer<T>) -> (line: Int, step: Int) {
    self == .rightTransposed ? b.rows : b.columns
  }
}

/// What happens to c.
enum ProductMode {
  /// c = a · b.
  case set
  /// c = c + a · b.
  case add
  /// c = c + a · b on and above the diagonal; what lies below is not to be used.
  case addUpper
  /// c = c − a · b.
  case subtract

  var code: ck_gemm_mode {
    switch self {
    case .set: CK_GEMM_SET
    case .add: CK_GEMM_ADD
    case .addUpper: CK_GEMM_ADD_UPPER
    case .subtract: CK_GEMM_SUBTRACT
    }
  }
}

/// Rows and columns of c, and the length of the sums.
struct ProductSize {
  let m: Int
  let n: Int
  let k: Int
}

enum Gemm {
  /// Products in one chain of fused multiply-adds; longer sums are made of whole chains.
  static let chain = CK_GEMM_CHAIN

  /// c, `[m, n]` with `stride` elements from row to row, from a · b.
  static func multiply(
    _ a: MatrixPointer<Float>, _ b: MatrixPointer<Float>, _ form: ProductForm, _ size: ProductSize,
    _ mode: ProductMode = .set, into c: UnsafeMutablePointer<Float>, stride: Int
  ) {
    unsafe ck_gemm_f32(
      c, stride, factor(a, form.left(a)), factor(b, form.right(b)), size.m, size.n, size.k, mode.code)
  }

  /// The same with chains in single precision that are added in double precision.
  static func multiply(
    _ a: MatrixPointer<Float>, _ b: MatrixPointer<Float>, _ form: ProductForm, _ size: ProductSize,
    _ mode: ProductMode = .set, into c: UnsafeMutablePointer<Double>, stride: Int
  ) {
    unsafe ck_gemm_f32_f64(
      c, stride, factor(a, form.left(a)), factor(b, form.right(b)), size.m, size.n, size.k, mode.code)
  }

  /// The same in double precision.
  static func multiply(
    _ a: MatrixPointer<Double>, _ b: MatrixPointer<Double>, _ form: ProductForm, _ size: ProductSize,
    _ mode: ProductMode = .set, into c: UnsafeMutablePointer<Double>, stride: Int
  ) {
    let (left, right) = (form.left(a), form.right(b))
    unsafe ck_gemm_f64(
      c, stride, ck_factor_f64(base: a.base, line_stride: left.line, k_stride: left.step),
      ck_factor_f64(base: b.base, line_stride: right.line, k_stride: right.step), size.m, size.n, size.k, mode.code)
  }

  private static func factor(_ matrix: MatrixPointer<Float>, _ lines: (line: Int, step: Int)) -> ck_factor_f32 {
    unsafe ck_factor_f32(base: matrix.base, line_stride: lines.line, k_stride: lines.step)
  }
}

/// A type that products of one precision are made of.
protocol GemmElement: BinaryFloatingPoint, BitwiseCopyable, Sendable {
  /// `Gemm.multiply` of factors and a product of this type.
  static func multiply(
    _ a: MatrixPointer<Self>, _ b: MatrixPointer<Self>, _ form: ProductForm, _ size: ProductSize, _ mode: ProductMode,
    into c: UnsafeMutablePointer<Self>, stride: Int)
}

extension Float: GemmElement {
  static func multiply(
    _ a: MatrixPointer<Float>, _ b: MatrixPointer<Float>, _ form: ProductForm, _ size: ProductSize, _ mode: ProductMode,
    into c: UnsafeMutablePointer<Float>, stride: Int
  ) {
    unsafe Gemm.multiply(a, b, form, size, mode, into: c, stride: stride)
  }
}

extension Double: GemmElement {
  static func multiply(
    _ a: MatrixPointer<Double>, _ b: MatrixPointer<Double>, _ form: ProductForm, _ size: ProductSize,
    _ mode: ProductMode, into c: UnsafeMutablePointer<Double>, stride: Int
  ) {
    unsafe Gemm.multiply(a, b, form, size, mode, into: c, stride: stride)
  }
}

// Matrix products: the fast kernels against their plain twins, bit for bit, and the twins against loops in f64.
import CKernels
import TestSupport
import Tensors
import Testing

@Suite struct GemmTests {
  /// m, n and k around the sizes of tiles (6x16, 8x32), blocks (120 lines) and chains (256).
  static let sizes = [(1, 1, 1), (5, 7, 3), (6, 16, 256), (8, 32, 257), (9, 33, 255), (121, 47, 600), (250, 130, 64)]
  static let modes = [CK_GEMM_SET, CK_GEMM_ADD, CK_GEMM_SUBTRACT]

  /// Whether a's and b's lines are rows or columns of what is stored.
  struct Storage: CustomTestStringConvertible, Sendable {
    let a: Bool
    let b: Bool
    var testDescription: String { "a by \(a ? "rows" : "columns"), b by \(b ? "rows" : "columns")" }
    static let all = [Storage(a: true, b: true), Storage(a: true, b: false), Storage(a: false, b: true)]
  }

  @Test(arguments: sizes, Storage.all)
  func `single precision is the same bits fast and plain`(size: (m: Int, n: Int, k: Int), storage: Storage) {
    let (m, n, k) = size
    let a = randomFloats(m * k, seed: 1), b = randomFloats(n * k, seed: 2)
    // Two columns beside C must stay as they are.
    let start = randomFloats(m * (n + 2), seed: 3)
    for mode in Self.modes {
      var (fast, plain) = (start, start)
      unsafe a.withUnsafeBufferPointer { a in
        unsafe b.withUnsafeBufferPointer { b in
          guard let a = a.baseAddress, let b = b.baseAddress else { return }
          let left = unsafe ck_factor_f32(base: a, line_stride: storage.a ? k : 1, k_stride: storage.a ? 1 : m)
          let right = unsafe ck_factor_f32(base: b, line_stride: storage.b ? k : 1, k_stride: storage.b ? 1 : n)
          unsafe ck_gemm_f32(&fast, n + 2, left, right, m, n, k, mode)
          unsafe ck_gemm_ref_f32(&plain, n + 2, left, right, m, n, k, mode)
        }
      }
      #expect(fast.map(\.bitPattern) == plain.map(\.bitPattern))
      #expect((0..<m).allSatisfy { fast[$0 * (n + 2) + n] == start[$0 * (n + 2) + n] })
    }
  }

  @Test(arguments: sizes)
  func `double precision and mixed sums are the same bits fast and plain`(size: (m: Int, n: Int, k: Int)) {
    let (m, n, k) = size
    let a = randomFloats(m * k, seed: 4), b = randomFloats(n * k, seed: 5)
    let (wideA, wideB) = (a.map { Double($0) / 3 }, b.map { Double($0) / 7 })
    let start = randomFloats(m * n, seed: 6).map { Double($0) }
    for mode in Self.modes {
      var (fast, plain) = (start, start)
      var (mixed, plainMixed) = (start, start)
      unsafe wideA.withUnsafeBufferPointer { a in
        unsafe wideB.withUnsafeBufferPointer { b in
          let left = unsafe ck_factor_f64(base: a.baseAddress, line_stride: k, k_stride: 1)
          let right = unsafe ck_factor_f64(base: b.baseAddress, line_stride: 1, k_stride: n)
          unsafe ck_gemm_f64(&fast, n, left, right, m, n, k, mode)
          unsafe ck_gemm_ref_f64(&plain, n, left, right, m, n, k, mode)
        }
      }
      unsafe a.withUnsafeBufferPointer { a in
        unsafe b.withUnsafeBufferPointer { b in
          let left = unsafe ck_factor_f32(base: a.baseAddress, line_stride: 1, k_stride: m)
          let right = unsafe ck_factor_f32(base: b.baseAddress, line_stride: 1, k_stride: n)
          unsafe ck_gemm_f32_f64(&mixed, n, left, right, m, n, k, mode)
          unsafe ck_gemm_ref_f32_f64(&plainMixed, n, left, right, m, n, k, mode)
        }
      }
      #expect(fast.map(\.bitPattern) == plain.map(\.bitPattern))
      #expect(mixed.map(\.bitPattern) == plainMixed.map(\.bitPattern))
    }
  }

  @Test(arguments: sizes + [(250, 300, 257)])
  func `on and above the diagonal a product is added as everywhere else`(size: (m: Int, n: Int, k: Int)) {
    let (m, n, k) = size
    let a = randomFloats(m * k, seed: 9), b = randomFloats(n * k, seed: 10)
    let start = randomFloats(m * n, seed: 11).map { Double($0) }
    var (upper, all, plain) = (start, start, start)
    unsafe a.withUnsafeBufferPointer { a in
      unsafe b.withUnsafeBufferPointer { b in
        let left = unsafe ck_factor_f32(base: a.baseAddress, line_stride: 1, k_stride: m)
        let right = unsafe ck_factor_f32(base: b.baseAddress, line_stride: 1, k_stride: n)
        unsafe ck_gemm_f32_f64(&upper, n, left, right, m, n, k, CK_GEMM_ADD_UPPER)
        unsafe ck_gemm_f32_f64(&all, n, left, right, m, n, k, CK_GEMM_ADD)
        unsafe ck_gemm_ref_f32_f64(&plain, n, left, right, m, n, k, CK_GEMM_ADD_UPPER)
      }
    }
    let (above, below) = ((0..<m * n).filter { $0 % n >= $0 / n }, (0..<m * n).filter { $0 % n < $0 / n })
    #expect(above.allSatisfy { upper[$0] == all[$0] && plain[$0] == all[$0] })
    #expect(below.allSatisfy { upper[$0] == start[$0] || upper[$0] == all[$0] })
    #expect(below.allSatisfy { plain[$0] == start[$0] })
  }

  @Test(arguments: sizes) func `the plain products are those of the definition`(size: (m: Int, n: Int, k: Int)) {
    let (m, n, k) = size
    let a = randomFloats(m * k, seed: 7), b = randomFloats(n * k, seed: 8)
    var c = [Float](repeating: 0, count: m * n)
    unsafe a.withUnsafeBufferPointer { a in
      unsafe b.withUnsafeBufferPointer { b in
        unsafe ck_gemm_ref_f32(
          &c, n, ck_factor_f32(base: a.baseAddress, line_stride: k, k_stride: 1),
          ck_factor_f32(base: b.baseAddress, line_stride: k, k_stride: 1), m, n, k, CK_GEMM_SET)
      }
    }
    for i in 0..<m {
      for j in 0..<n {
        let products = (0..<k).map { Double(a[i * k + $0]) * Double(b[j * k + $0]) }
        let magnitudes = products.reduce(0) { $0 + abs($1) }
        let error = abs(Double(c[i * n + j]) - products.reduce(0, +))
        #expect(error <= MatmulTests.bound(k, magnitudes: magnitudes))
      }
    }
  }
}

// Our products against OpenBLAS's, and the numeric mode that takes OpenBLAS's for ours.
import CKernels
import COpenBLAS
import Tensors
import Testing

@testable import Kernels

@Suite struct OpenBLASTests {
  @Test(arguments: [(1, 1, 1), (7, 300, 129), (130, 513, 700), (257, 64, 2000)])
  func `our products are OpenBLAS's but for rounding`(size: (m: Int, n: Int, k: Int)) {
    let (m, n, k) = size
    let a = randomFloats(m * k, seed: 51), b = randomFloats(k * n, seed: 52)
    let c = Matmul.product(Tensor(shape: [m, k], values: a), Tensor(shape: [k, n], values: b))
    #expect(Oracle.worstError(of: c.values.map { Double($0) }, a, b, m: m, n: n, k: k, length: k) <= 1)
  }

  @Test(arguments: [(1, 1, 1), (40, 130, 700)])
  func `our products in double precision are OpenBLAS's but for rounding`(size: (m: Int, n: Int, k: Int)) {
    let (m, n, k) = size
    let a = randomFloats(m * k, seed: 53).map { Double($0) / 3 },
      b = randomFloats(k * n, seed: 54).map { Double($0) / 7 }
    var c = [Double](repeating: 0, count: m * n)
    unsafe a.withUnsafeBufferPointer { a in
      unsafe b.withUnsafeBufferPointer { b in
        unsafe ck_gemm_f64(
          &c, n, ck_factor_f64(base: a.baseAddress, line_stride: k, k_stride: 1),
          ck_factor_f64(base: b.baseAddress, line_stride: 1, k_stride: n), m, n, k, CK_GEMM_SET)
      }
    }
    let expected = Oracle.product(a, b, m: m, n: n, k: k)
    let magnitudes = Oracle.product(a.map(abs), b.map(abs), m: m, n: n, k: k)
    // Both round k products and sums, in their own orders.
    let bound = 2 * Double(k + 1) * 0x1p-53
    #expect(c.indices.allSatisfy { abs(c[$0] - expected[$0]) <= bound * magnitudes[$0] })
  }

  @Test(arguments: [(3, 17), (257, 300), (700, 33)])
  func `our Gram matrices are OpenBLAS's but for rounding`(size: (tokens: Int, n: Int)) {
    let (tokens, n) = size
    let x = randomFloats(tokens * n, seed: 55), y = randomFloats(tokens * n, seed: 56)
    var sums = [Double](repeating: 0, count: n * n)
    let shape: Shape = [tokens, n]
    Gram.accumulate([(Tensor(shape: shape, values: x), Tensor(shape: shape, values: y))], into: &sums)
    let worst = Oracle.worstError(
      of: sums, x, y, m: n, n: n, k: tokens, length: Int(CK_GEMM_CHAIN), leftTransposed: true)
    #expect(worst <= 1)
  }

  @Test(arguments: [1, 5, 33, 200], [(7, 5), (300, 129), (70, 9000)])
  func `a linear layer is within rounding of the oracle's in both modes, and the same bits for any number of threads`(
    tokens: Int, size: (rows: Int, columns: Int)
  ) throws {
    let (rows, columns) = size
    let x = randomFloats(tokens * columns, seed: 57), w = randomFloats(rows * columns, seed: 58)
    let weight = FloatMatrix(rows: rows, columns: columns, values: w)
    for mode in [NumericMode.exact, .openblas(try OpenBLAS.loaded())] {
      @Sendable func linear() -> [Float] {
        Matmul.linear(Tensor(shape: [tokens, columns], values: x), weight, in: mode).values
      }
      let y = linear()
      let worst = Oracle.worstError(
        of: y.map { Double($0) }, x, w, m: tokens, n: rows, k: columns, length: columns, rightTransposed: true)
      #expect(worst <= 1, "\(mode.name)")
      // A loop inside a loop runs on one worker.
      let alone = Parallel.map(2) { _ in linear() }
      #expect(alone.allSatisfy { $0.map(\.bitPattern) == y.map(\.bitPattern) }, "\(mode.name)")
    }
  }

  @Test func `the mode's name is the library's version and core, as the library says them`() throws {
    let library = try OpenBLAS.loaded()
    let words = unsafe String(cString: openblas_get_config()).split(separator: " ")
    let core = unsafe String(cString: openblas_get_corename())
    #expect(library.description == "OpenBLAS \(words[1]) \(core)")
    #expect(NumericMode.openblas(library).name.hasPrefix("\(library), "))
    #expect(openblas_get_num_threads() == 1)
  }
}

@Suite struct NumericProbeTests {
  private typealias Factor = MatrixPointer<Float>

  @Test func `known products are right in both modes`() throws {
    for mode in [NumericMode.exact, .openblas(try OpenBLAS.loaded())] {
      let areRight = unsafe KnownProducts.areRight { unsafe mode.multiply($0, $1, $2, $3, into: $4, stride: $5) }
      #expect(areRight)
    }
  }

  @Test func `a product that forgets its last term is wrong`() {
    let areRight = unsafe KnownProducts.areRight { a, b, form, size, c, stride in
      let shorter = ProductSize(m: size.m, n: size.n, k: size.k - 1)
      unsafe Gemm.multiply(a, b, form, shorter, into: c, stride: stride)
    }
    #expect(!areRight)
  }

  @Test func `one that writes beside its columns is wrong`() {
    let areRight = unsafe KnownProducts.areRight { a, b, form, size, c, stride in
      unsafe Gemm.multiply(a, b, form, size, into: c, stride: stride)
      unsafe c[size.n] = 0
    }
    #expect(!areRight)
  }

  @Test(arguments: [true, false]) func `one that rounds a factor to bf16 is wrong`(left: Bool) {
    let areRight = unsafe KnownProducts.areRight { a, b, form, size, c, stride in
      let factor = left ? a : b, count = (left ? size.m : size.n) * size.k
      var rounded: [Float] = []
      for index in 0..<count { rounded.append(unsafe Float(bitPattern: factor.base[index].bitPattern & 0xFFFF_0000)) }
      unsafe rounded.withUnsafeBufferPointer { rounded in
        guard let base = rounded.baseAddress else { return }
        let other = unsafe Factor(base: base, stride: factor.stride)
        unsafe Gemm.multiply(left ? other : a, left ? b : other, form, size, into: c, stride: stride)
      }
    }
    #expect(!areRight)
  }

  @Test func `OpenBLAS is taken unasked only where it is faster by a tenth`() throws {
    let library = try OpenBLAS.loaded()
    func name(_ exact: Double, _ openblas: Double) -> String {
      NumericProbe(exact: exact, openblas: .success((library, openblas))).fasterMode.name
    }
    #expect(name(100, 39) == NumericMode.exact.name && name(100, 109) == NumericMode.exact.name)
    #expect(name(100, 111) == NumericMode.openblas(library).name)
    let absent = NumericProbe(exact: 1, openblas: .failure(.openBLASUnavailable(reason: "")))
    #expect(absent.fasterMode.name == NumericMode.exact.name)
  }

  @Test func `speeds are measured of both, and each choice gives its mode`() throws {
    let probe = NumericProbe()
    let found = try probe.openblas.get()
    #expect(probe.exact > 0 && probe.exact.isFinite && found.speed > 0 && found.speed.isFinite)
    #expect(try NumericModeChoice.exact.mode().name == NumericMode.exact.name)
    #expect(try NumericModeChoice.openblas.mode().name == NumericMode.openblas(found.library).name)
  }
}

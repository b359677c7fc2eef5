// Products in bf16: the fast kernels against their plain twin, and linear layers against sums in f64.
import CKernels
import Kernels
import TestSupport
import Tensors
import Testing

@Suite struct BFloat16Tests {
  /// Which numbers factors are made of, by the bits of their exponents.
  enum Numbers: CaseIterable, Sendable {
    /// All there are, NaN and infinities among them.
    case any
    case ordinary
    /// Whose products and sums are flushed to zero, or just not.
    case tiny
    /// Whose sums become infinite.
    case huge

    func number(_ bits: UInt16) -> UInt16 {
      switch self {
      case .any: bits
      case .ordinary: bits & 0x81FF | 0x3E00
      case .tiny: (bits & 0x83FF | 0x1C00) + 0x0200
      case .huge: bits & 0x81FF | 0x5E00
      }
    }
  }

  private func pairs(_ count: Int, _ range: Numbers, seed: UInt64) -> [ck_bf16_pair] {
    let bytes = randomBytes(4 * count, seed: seed)
    func number(_ at: Int) -> UInt16 { range.number(UInt16(bytes[at]) | UInt16(bytes[at + 1]) << 8) }
    return (0..<count).map { ck_bf16_pair(even: number(4 * $0), odd: number(4 * $0 + 2)) }
  }

  /// A NaN as one and the same.
  private func bits(_ values: [Float]) -> [UInt32] { values.map { $0.isNaN ? .max : $0.bitPattern } }

  @Test(arguments: GemmTests.sizes, Numbers.allCases)
  func `pairs are the same bits fast and plain`(size: (m: Int, n: Int, k: Int), range: Numbers) {
    let (m, n, k) = size
    let a = pairs(m * k, range, seed: 1), b = pairs(n * k, range, seed: 2)
    let start = randomFloats(m * (n + 2), seed: 3)
    for (mode, storage) in zip(GemmTests.modes, GemmTests.Storage.all) {
      var (fast, plain) = (start, start)
      unsafe a.withUnsafeBufferPointer { a in
        unsafe b.withUnsafeBufferPointer { b in
          guard let a = a.baseAddress, let b = b.baseAddress else { return }
          let left = unsafe ck_factor_bf16(base: a, line_stride: storage.a ? k : 1, k_stride: storage.a ? 1 : m)
          let right = unsafe ck_factor_bf16(base: b, line_stride: storage.b ? k : 1, k_stride: storage.b ? 1 : n)
          unsafe ck_gemm_bf16(&fast, n + 2, left, right, m, n, k, mode)
          unsafe ck_gemm_ref_bf16(&plain, n + 2, left, right, m, n, k, mode)
        }
      }
      #expect(bits(fast) == bits(plain))
      #expect((0..<m).allSatisfy { fast[$0 * (n + 2) + n] == start[$0 * (n + 2) + n] })
    }
  }

  /// One element: `sum` + odd · odd + even · even, twice.
  private func sum(_ numbers: [(even: (Float, Float), odd: (Float, Float))]) -> [Float] {
    func half(_ value: Float) -> UInt16 { UInt16(value.bitPattern >> 16) }
    let a = numbers.map { ck_bf16_pair(even: half($0.even.0), odd: half($0.odd.0)) }
    let b = numbers.map { ck_bf16_pair(even: half($0.even.1), odd: half($0.odd.1)) }
    var (fast, plain): ([Float], [Float]) = ([9], [9])
    unsafe a.withUnsafeBufferPointer { a in
      unsafe b.withUnsafeBufferPointer { b in
        let left = unsafe ck_factor_bf16(base: a.baseAddress, line_stride: a.count, k_stride: 1)
        let right = unsafe ck_factor_bf16(base: b.baseAddress, line_stride: b.count, k_stride: 1)
        unsafe ck_gemm_bf16(&fast, 1, left, right, 1, 1, a.count, CK_GEMM_SET)
        unsafe ck_gemm_ref_bf16(&plain, 1, left, right, 1, 1, a.count, CK_GEMM_SET)
      }
    }
    return fast + plain
  }

  @Test func `products are added odd before even, each rounded, and what is below 2⁻¹²⁶ is zero`() {
    let zero: (Float, Float) = (0, 0)
    // 1 − 1 + 2⁻³⁰; the other way round 2⁻³⁰ would be lost in 1.
    #expect(sum([(even: zero, odd: (1, 1)), (even: (0x1p-30, 1), odd: (-1, 1))]) == [0x1p-30, 0x1p-30])
    // 2²⁴ + 1 + 1: each 1 is lost, their sum would not be.
    #expect(sum([(even: zero, odd: (0x1p12, 0x1p12)), (even: (1, 1), odd: (1, 1))]) == [0x1p24, 0x1p24])
    // A sum on the way that is flushed does not come back.
    let sums = sum([(even: zero, odd: (0x1p-63, 0x1p-63)), (even: (0x1p-64, 0x1p-63), odd: (-0x1p-64, 0x1p-63))])
    #expect(sums == [0, 0])
    #expect(sum([(even: (0x1p-127, 1), odd: (-0x1p-127, 1))]) == [0, 0])
    #expect(sum([(even: zero, odd: (0x1p-63, 0x1p-63))]) == [0x1p-126, 0x1p-126])
  }

  /// What a layer should give, in f64, of activations rounded to bf16, and what it may be off by.
  private func expect(_ y: Tensor, x: Tensor, weights: [Float], bias: [Float], rows: Int, lost: Double) {
    let columns = x.rowWidth
    let rounded = HalfPrecision.floats(fromBFloat16: HalfPrecision.bfloat16Bits(x.values)).map { Double($0) }
    var worst = 0.0
    for token in 0..<x.rowCount {
      for row in 0..<rows {
        var (sum, magnitudes) = (Double(bias[row]), Double(abs(bias[row])))
        for column in 0..<columns {
          let product = rounded[token * columns + column] * Double(weights[row * columns + column])
          sum += product
          magnitudes += abs(product)
        }
        let bound = MatmulTests.bound(2 * columns + 1, magnitudes: magnitudes) + lost * magnitudes
        worst = max(worst, abs(Double(y.values[token * rows + row]) - sum) / bound)
      }
    }
    #expect(worst <= 1)
  }

  @Test(arguments: [1, 9, 33], [(7, 5), (64, 34), (300, 129), (70, 1200)])
  func `of weights in bf16 and f16 nothing is lost, of others 2⁻¹⁷`(
    tokens: Int, size: (rows: Int, columns: Int)
  ) throws {
    let (rows, columns) = size
    let x = Tensor(shape: [tokens, columns], values: randomFloats(tokens * columns, seed: 20))
    let bias = randomFloats(rows, seed: 21), any = randomFloats(rows * columns, seed: 22)
    let halves = any.map { Float(Float16($0)) }
    for (weights, lost) in [(halves, 0), (any, 0x1p-17)] {
      let matrix = FloatMatrix(rows: rows, columns: columns, values: weights)
      let y = Matmul.linear(x, matrix, bias: bias, in: .bfloat16)
      expect(y, x: x, weights: weights, bias: bias, rows: rows, lost: lost)
    }
  }

  @Test(arguments: [0, 1], [34, 35])
  func `weights stored in bf16 are used as they are, at any address`(offset: Int, columns: Int) throws {
    let rows = 300, x = Tensor(shape: [5, columns], values: randomFloats(5 * columns, seed: 23))
    let halves = HalfPrecision.bfloat16Bits(randomFloats(rows * columns, seed: 24))
    let bytes = halves.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    let info = TensorInfo(name: "w", dtype: .bfloat16, shape: [rows, columns])
    let storage = ArrayStorage([UInt8](repeating: 9, count: offset) + bytes)
    let stored = try DenseMatrix(TensorView(info: info, storage: storage, byteOffset: offset))
    let bias = randomFloats(rows, seed: 25)
    let y = Matmul.linear(x, stored, bias: bias, in: .bfloat16)
    expect(y, x: x, weights: stored.floats(), bias: bias, rows: rows, lost: 0)
    let decoded = FloatMatrix(rows: rows, columns: columns, values: stored.floats())
    #expect(Matmul.linear(x, decoded, bias: bias, in: .bfloat16) == y)
  }

  /// A weight that is no floats.
  private struct Packed: WeightMatrix {
    let matrix: FloatMatrix
    var rows: Int { matrix.rows }
    var columns: Int { matrix.columns }
    func decodeRows(_ range: Range<Int>, into output: inout MutableSpan<Float>) {
      matrix.decodeRows(range, into: &output)
    }
  }

  @Test func `weights that are decoded from codes are rounded to bf16`() {
    let (rows, columns) = (300, 129)
    let x = Tensor(shape: [7, columns], values: randomFloats(7 * columns, seed: 28))
    let weight = FloatMatrix(rows: rows, columns: columns, values: randomFloats(rows * columns, seed: 29))
    let rounded = HalfPrecision.floats(fromBFloat16: HalfPrecision.bfloat16Bits(weight.values))
    let y = Matmul.linear(x, Packed(matrix: weight), in: .bfloat16)
    #expect(y == Matmul.linear(x, FloatMatrix(rows: rows, columns: columns, values: rounded), in: .bfloat16))
    #expect(y != Matmul.linear(x, weight, in: .bfloat16))
  }

  @Test func `a token's product in bf16 does not depend on the tokens beside it`() {
    let (tokens, rows, columns) = (9, 270, 301)
    let x = Tensor(shape: [tokens, columns], values: randomFloats(tokens * columns, seed: 26))
    let weight = FloatMatrix(rows: rows, columns: columns, values: randomFloats(rows * columns, seed: 27))
    let together = Matmul.linear(x, weight, in: .bfloat16)
    for token in 0..<tokens {
      #expect(Matmul.linear(x.rows(token..<token + 1), weight, in: .bfloat16) == together.rows(token..<token + 1))
    }
  }

  @Test func `tokens beyond what is rounded together are none the worse`() {
    let (tokens, rows, columns) = (300, 3, 30_000)
    let weight = FloatMatrix(rows: rows, columns: columns, values: randomFloats(rows * columns, seed: 30))
    var x = Tensor(zeros: [tokens, columns])
    let line = randomFloats(columns, seed: 31)
    for token in [0, 278, 279, 299] { x.values.replaceSubrange(token * columns..<(token + 1) * columns, with: line) }
    let y = Matmul.linear(x, weight, in: .bfloat16)
    let alone = Matmul.linear(Tensor(shape: [1, columns], values: line), weight, in: .bfloat16).values
    for token in 0..<tokens {
      let isLine = [0, 278, 279, 299].contains(token)
      #expect(y.rows(token..<token + 1).values == (isLine ? alone : [0, 0, 0]))
    }
  }

  @Test func `a mode that gives the same bits everywhere is known by its name`() {
    for mode in ReproducibleMode.allCases { #expect(ReproducibleMode(named: mode.mode.name) == mode) }
    #expect(ReproducibleMode(named: "bf16 in pairs, plain C, glibc 2.41") == .bf16)
    for name in [
      "", "bf16", "bf16 in tiles, AVX2, glibc 2.36", "exactly", "OpenBLAS 0.3.21 SkylakeX, AVX2, glibc 2.36",
    ] {
      #expect(ReproducibleMode(named: name) == nil, "\(name)")
    }
  }
}

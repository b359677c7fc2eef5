// Matrix products against plain loops in f64.
import Kernels
import TestSupport
import Tensors
import Testing

@Suite struct MatmulTests {
  /// A sum of n products rounded in any order is off by at most n · 2⁻²⁴ of the sum of magnitudes (Higham,
  /// Accuracy and Stability, §3.1).
  static func bound(_ n: Int, magnitudes: Double) -> Double { Double(n + 1) * unitRoundoff * magnitudes }

  @Test(arguments: [1, 2, 4, 5, 7, 33], [(1, 1), (7, 5), (64, 33), (300, 129), (70, 9000)])
  func `a linear layer equals plain loops`(tokens: Int, size: (rows: Int, columns: Int)) {
    let x = Tensor(shape: [tokens, size.columns], values: randomFloats(tokens * size.columns, seed: 3))
    let weight = FloatMatrix(
      rows: size.rows, columns: size.columns, values: randomFloats(size.rows * size.columns, seed: 4))
    let bias = randomFloats(size.rows, seed: 5)
    let y = Matmul.linear(x, weight, bias: bias)
    #expect(y.shape == [tokens, size.rows])
    var worst = 0.0
    for token in 0..<tokens {
      for row in 0..<size.rows {
        var (sum, magnitudes) = (Double(bias[row]), Double(abs(bias[row])))
        for column in 0..<size.columns {
          let product =
            Double(x.values[token * size.columns + column]) * Double(weight.values[row * size.columns + column])
          sum += product
          magnitudes += abs(product)
        }
        let error = abs(Double(y.values[token * size.rows + row]) - sum)
        worst = max(worst, error / Self.bound(size.columns + 1, magnitudes: magnitudes))
      }
    }
    #expect(worst <= 1)
  }

  @Test func `a token's product does not depend on the tokens beside it`() {
    let (tokens, rows, columns) = (9, 70, 300)
    let x = Tensor(shape: [tokens, columns], values: randomFloats(tokens * columns, seed: 13))
    let weight = FloatMatrix(rows: rows, columns: columns, values: randomFloats(rows * columns, seed: 14))
    let together = Matmul.linear(x, weight)
    for token in 0..<tokens {
      #expect(Matmul.linear(x.rows(token..<token + 1), weight) == together.rows(token..<token + 1))
    }
  }

  @Test func `no tokens give no rows`() {
    let weight = FloatMatrix(rows: 3, columns: 2, values: [Float](repeating: 1, count: 6))
    #expect(Matmul.linear(Tensor(zeros: [0, 2]), weight, bias: [1, 2, 3]) == Tensor(zeros: [0, 3]))
  }

  @Test(arguments: [DType.float32, .float16, .bfloat16])
  func `rows of a stored matrix decode to the values stored, from any byte offset`(dtype: DType) throws {
    let (rows, columns) = (5, 19)
    let values = randomFloats(rows * columns, seed: 6)
    let (bytes, expected) = stored(values, as: dtype)
    let info = TensorInfo(name: "w", dtype: dtype, shape: [rows, columns])
    let view = TensorView(info: info, storage: ArrayStorage([9] + bytes), byteOffset: 1)
    let matrix = try DenseMatrix(view)
    #expect(matrix.floats() == expected)
    #expect(try view.floats() == expected)
    var panel = [Float](repeating: 7, count: 2 * columns + 1)
    var span = panel.mutableSpan
    matrix.decodeRows(2..<4, into: &span)
    #expect(panel == Array(expected[2 * columns..<4 * columns]) + [7])
  }

  @Test func `a stored tensor that is no float matrix is an error`() {
    func view(_ dtype: DType, _ shape: Shape) -> TensorView {
      TensorView(
        info: TensorInfo(name: "w", dtype: dtype, shape: shape), storage: ArrayStorage([0, 0, 0, 0]), byteOffset: 0)
    }
    #expect(throws: KernelsError.unsupportedDType(tensor: "w", found: "I8")) { try DenseMatrix(view(.int8, [2, 2])) }
    #expect(throws: KernelsError.notAMatrix(tensor: "w", shape: "[2]")) { try DenseMatrix(view(.float16, [2])) }
  }

  @Test func `the product of two tensors equals plain loops`() {
    let (m, k, n) = (261, 5, 7)
    let a = Tensor(shape: [m, k], values: randomFloats(m * k, seed: 7))
    let b = Tensor(shape: [k, n], values: randomFloats(k * n, seed: 8))
    let c = Matmul.product(a, b)
    #expect(c.shape == [m, n])
    for row in 0..<m {
      for column in 0..<n {
        let terms = (0..<k).map { Double(a.values[row * k + $0]) * Double(b.values[$0 * n + column]) }
        let bound = Self.bound(k, magnitudes: terms.reduce(0) { $0 + abs($1) })
        #expect(abs(Double(c.values[row * n + column]) - terms.reduce(0, +)) <= bound)
      }
    }
  }

  private func stored(_ values: [Float], as dtype: DType) -> (bytes: [UInt8], values: [Float]) {
    func littleEndian(_ halves: [UInt16]) -> [UInt8] { halves.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] } }
    switch dtype {
    case .float16:
      let halves = values.map { Float16($0) }
      return (littleEndian(halves.map(\.bitPattern)), halves.map(Float.init))
    case .bfloat16:
      let halves = values.map { UInt16($0.bitPattern >> 16) }
      return (littleEndian(halves), halves.map { Float(bitPattern: UInt32($0) << 16) })
    default:
      let words = values.map(\.bitPattern)
      return (littleEndian(words.flatMap { [UInt16($0 & 0xFFFF), UInt16($0 >> 16)] }), values)
    }
  }
}

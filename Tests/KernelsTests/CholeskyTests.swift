// Solutions and factors of inverses against what defines them.
import Kernels
import TestSupport
import Tensors
import Testing

@Suite struct CholeskyTests {
  @Test(arguments: [1, 3, 32, 65]) func theFactorOfTheInverseGivesTheInverse(size: Int) throws {
    var generator = SeededGenerator(seed: UInt64(size))
    let matrix = positiveDefinite(size, &generator).map { Double($0) }
    let upper = try #require(Cholesky.upperFactorOfInverse(matrix, size: size))
    // A · UᵀU must be the identity.
    for row in 0..<size {
      for column in 0..<size {
        var sum = 0.0
        for k in 0..<size {
          var inverse = 0.0
          for j in 0..<size { inverse += Double(upper[j * size + k]) * Double(upper[j * size + column]) }
          sum += matrix[row * size + k] * inverse
        }
        #expect(abs(sum - (row == column ? 1 : 0)) < Self.inverseTolerance)
        if column < row { #expect(upper[row * size + column] == 0) }
      }
    }
  }

  @Test func solvingGivesBackTheRows() throws {
    var generator = SeededGenerator(seed: 9)
    let size = 40
    let matrix = positiveDefinite(size, &generator)
    let rows = Tensor(
      shape: [3, size], values: (0..<3 * size).map { _ in Float.random(in: -1...1, using: &generator) })
    let right = Matmul.product(rows, Tensor(shape: [size, size], values: matrix))
    let solved = try #require(Cholesky.Factor(of: matrix.map { Double($0) }, size: size)).solve(right)
    for (a, b) in zip(solved.values, rows.values) { #expect(abs(a - b) < Float(Self.inverseTolerance)) }
  }

  @Test func `reordering takes rows and columns alike`() {
    #expect(Cholesky.reordered([1, 2, 3, 4, 5, 6, 7, 8, 9], [2, 0, 1]) == [9, 7, 8, 3, 1, 2, 6, 4, 5])
  }

  @Test(arguments: [1, 5, 64, 65, 200, 333]) func `the factor of the inverse is LAPACK's`(size: Int) throws {
    var generator = SeededGenerator(seed: UInt64(size))
    let matrix = positiveDefinite(size, &generator).map { Double($0) }
    let upper = try #require(Cholesky.upperFactorOfInverse(matrix, size: size))
    let expected = try #require(Oracle.upperFactorOfInverse(matrix, size: size))
    // Rounded to f32 once; both factors are exact to far less.
    let worst = expected.indices.reduce(0) {
      max($0, abs(Double(upper[$1]) - expected[$1]) - 0x1p-24 * abs(expected[$1]))
    }
    #expect(worst <= 1e-12)
  }

  @Test(arguments: [1, 3, 8, 130]) func `solutions are LAPACK's`(size: Int) throws {
    var generator = SeededGenerator(seed: UInt64(size))
    let matrix = positiveDefinite(size, &generator).map { Double($0) }, rows = 70
    let right = randomFloats(rows * size, seed: 31)
    let expected = try #require(Oracle.solve(right.map { Double($0) }, rows: rows, matrix, size: size))
    let solved = try #require(Cholesky.Factor(of: matrix, size: size))
      .solve(Tensor(shape: [rows, size], values: right))
    let first = try #require(Cholesky.solve(right.prefix(size).map { Double($0) }, matrix))
    for (index, value) in expected.enumerated() {
      #expect(abs(Double(solved.values[index]) - value) <= 0x1p-24 * abs(value) + 1e-12)
      if index < size { #expect(abs(first[index] - value) <= 1e-12) }
    }
  }

  @Test func `a large system, solved in single precision, is solved as well as that allows`() throws {
    let size = 2112, rows = 300, rank = 6
    let directions = randomFloats(rank * size, seed: 5).map { Double($0) }
    var matrix = [Double](repeating: 0, count: size * size)
    for row in 0..<size {
      for column in 0..<size {
        matrix[row * size + column] = (0..<rank).reduce(row == column ? 0.1 : 0) {
          $0 + directions[$1 * size + row] * directions[$1 * size + column]
        }
      }
    }
    let right = randomFloats(rows * size, seed: 6)
    let factor = try #require(Cholesky.Factor(of: matrix, size: size))
    let solved = factor.solve(Tensor(shape: [rows, size], values: right))
    // The last row is in another run of rows than the first.
    for row in [0, 150, rows - 1] {
      let x = solved.values[row * size..<(row + 1) * size].map { Double($0) }
      for column in stride(from: 0, to: size, by: 7) {
        var residual = -Double(right[row * size + column]), magnitudes = abs(residual)
        for k in 0..<size {
          residual += x[k] * matrix[k * size + column]
          // |L|·|Lᵀ| is at most that, and errors are shares of it.
          magnitudes += abs(x[k]) * (matrix[k * size + k] * matrix[column * size + column]).squareRoot()
        }
        #expect(abs(residual) <= 1e-6 * magnitudes, "\(row), \(column)")
      }
    }
    // Nor do the rows beside it matter.
    let alone = factor.solve(Tensor(shape: [1, size], values: Array(right[150 * size..<151 * size])))
    #expect(alone.values == Array(solved.values[150 * size..<151 * size]))
  }

  @Test func aMatrixThatIsNotPositiveDefiniteHasNoFactor() {
    #expect(Cholesky.upperFactorOfInverse([1, 2, 2, 1], size: 2) == nil)
    #expect(Cholesky.Factor(of: [1, 2, 2, 1], size: 2) == nil)
    #expect(Cholesky.solve([1, 1], [1, 2, 2, 1]) == nil)
    #expect(Oracle.solve([1, 1], rows: 1, [1, 2, 2, 1], size: 2) == nil)
  }

  /// The factor is stored in f32, and the matrices here have condition numbers below 100.
  private static let inverseTolerance = 2e-4
}

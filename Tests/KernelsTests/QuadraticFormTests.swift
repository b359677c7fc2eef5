// x·H·xᵀ of many rows against plain loops in f64.
import Kernels
import Tensors
import Testing

@Suite struct QuadraticFormTests {
  /// Whole, and cut into blocks with a last one that is shorter; more rows than one worker takes together.
  @Test(arguments: [(rows: 5, size: 33), (rows: 131, size: 64), (rows: 258, size: 2304), (rows: 3, size: 2049)])
  func `the sums are those of plain loops`(shape: (rows: Int, size: Int)) {
    let (rows, size) = shape
    let x = Tensor(shape: [rows, size], values: randomFloats(rows * size, seed: 31))
    var matrix = randomFloats(size * size, seed: 32)
    for i in 0..<size { for j in 0..<i { matrix[i * size + j] = matrix[j * size + i] } }
    let values = QuadraticForm.ofRows(x, matrix)
    #expect(values.count == rows)
    // The first and last rows of each worker, and the last of all.
    for row in Set([0, 127, 128, 255, 256, rows - 1]) where row < rows {
      var (sum, magnitudes) = (0.0, 0.0)
      for i in 0..<size {
        let left = Double(x.values[row * size + i])
        for j in 0..<size {
          let product = left * Double(matrix[i * size + j]) * Double(x.values[row * size + j])
          sum += product
          magnitudes += abs(product)
        }
      }
      #expect(abs(values[row] - sum) <= 257 * unitRoundoff * magnitudes, "row \(row): \(values[row]), not \(sum)")
    }
  }

  @Test(arguments: [(1, 1), (3, 40), (33, 17)])
  func `a transposed matrix has rows for columns`(shape: (rows: Int, columns: Int)) {
    let x = Tensor(shape: [shape.rows, shape.columns], values: randomFloats(shape.rows * shape.columns, seed: 33))
    let turned = x.transposed()
    #expect(turned.shape == [shape.columns, shape.rows])
    for row in 0..<shape.rows {
      for column in 0..<shape.columns {
        #expect(turned.values[column * shape.rows + row] == x.values[row * shape.columns + column])
      }
    }
  }
}

// Values x·H·xᵀ of many rows x under one symmetric matrix.
public import Tensors

/// Quadratic forms, the same for any number of threads.
public enum QuadraticForm {
  /// Columns of H that are multiplied with together: whole chains of `Gemm`.
  private static let blockColumns = 2 * Int(Gemm.chain)
  /// H of more features is cut into blocks of columns, of which only what lies on and above the diagonal is multiplied
  /// with: half of the work. For smaller ones the cuts cost what they save.
  private static let largestWhole = 2048

  /// Rows that one worker takes together: more of a large H, which is read for each of these panels.
  public static func rowsAtOnce(size: Int) -> Int { size > largestWhole ? 512 : 128 }

  /// x·H·xᵀ of every row x, summed in f64.
  /// - Parameters:
  ///   - rows: `[rows, size]`.
  ///   - matrix: H, `[size, size]`, symmetric.
  /// - Returns: One value a row.
  public static func ofRows(_ rows: Tensor, _ matrix: [Float]) -> [Double] {
    let size = rows.rowWidth
    precondition(matrix.count == size * size || rows.values.isEmpty, "not a square matrix of the rows' width")
    guard size > largestWhole else {
      return rows.rowDots(Matmul.product(rows, Tensor(shape: [size, size], values: matrix)))
    }
    let count = rows.rowCount, panelRows = rowsAtOnce(size: size)
    let panels = Parallel.map((count + panelRows - 1) / panelRows) { index in
      let first = index * panelRows
      return ofPanel(rows, first..<min(count, first + panelRows), matrix)
    }
    return panels.flatMap(\.self)
  }

  private static func ofPanel(_ rows: Tensor, _ range: Range<Int>, _ matrix: [Float]) -> [Double] {
    let size = rows.rowWidth
    var sums = [Double](repeating: 0, count: range.count)
    var product = [Float](repeating: 0, count: range.count * blockColumns)
    unsafe rows.values.withUnsafeBufferPointer { values in
      unsafe matrix.withUnsafeBufferPointer { matrix in
        unsafe product.withUnsafeMutableBufferPointer { product in
          guard let values = values.baseAddress, let matrix = matrix.baseAddress, let product = product.baseAddress
          else { return }
          let x = unsafe values + range.lowerBound * size
          for start in stride(from: 0, to: size, by: blockColumns) {
            let columns = min(blockColumns, size - start)
            /// Adds `factor` times the products of features `inputs` with the block's.
            func add(_ inputs: Range<Int>, times factor: Double) {
              guard !inputs.isEmpty else { return }
              unsafe Gemm.multiply(
                MatrixPointer(base: x + inputs.lowerBound, stride: size),
                MatrixPointer(base: matrix + inputs.lowerBound * size + start, stride: size), .plain,
                ProductSize(m: range.count, n: columns, k: inputs.count), into: product, stride: columns)
              for row in sums.indices {
                sums[row] += unsafe factor * dot(product + row * columns, x + row * size + start, columns)
              }
            }
            // What lies below the diagonal is what lies above it.
            add(0..<start, times: 2)
            add(start..<start + columns, times: 1)
          }
        }
      }
    }
    return sums
  }
}

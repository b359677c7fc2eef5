// Factors of symmetric positive definite matrices in double precision, block by block, so that nearly all of the work
// is matrix products. The same bits on every processor and for any number of threads.
public import Tensors

/// Solutions and inverse factors by Cholesky decomposition.
public enum Cholesky {
  /// A factored matrix A, to solve with for many rows.
  public struct Factor: Sendable {
    private let lower: LowerFactor
    private let size: Int

    /// Factors `matrix`, `[size, size]`, symmetric; nil if it is not positive definite.
    public init?(of matrix: consuming [Double], size: Int) {
      precondition(matrix.count == size * size, "not a square matrix")
      guard let lower = LowerFactor(of: matrix, size: size) else { return nil }
      self.lower = lower
      self.size = size
    }

    /// The rows x that solve x·A = b for every row b: `[rows, size]`.
    public func solve(_ rows: consuming Tensor) -> Tensor {
      precondition(rows.rowWidth == size || rows.values.isEmpty, "rows are not as wide as the matrix")
      Parallel.forEachChunk(of: &rows.values, chunkCount: LowerFactor.block(size) * size) { _, chunk in
        var x = chunk.indices.map { Double(chunk[$0]) }
        lower.solve(&x, rowCount: x.count / size)
        for index in x.indices { chunk[index] = Float(x[index]) }
      }
      return rows
    }
  }

  /// x with A·x = b for a system too small for blocks, as in fits of one row's group scales.
  ///
  /// - Parameter matrix: A, `[count, count]` for `count` targets b, symmetric; what lies above the diagonal is not read.
  /// - Returns: nil if A is not positive definite.
  public static func solve(_ target: [Double], _ matrix: [Double]) -> [Double]? {
    let size = target.count
    precondition(matrix.count == size * size, "not a square matrix of the target's size")
    var factor = matrix, x = target
    guard factorInPlace(&factor, size: size, 0..<size) else { return nil }
    for row in 0..<size {
      for k in 0..<row { x[row] -= factor[row * size + k] * x[k] }
      x[row] /= factor[row * size + row]
    }
    for row in (0..<size).reversed() {
      for k in row + 1..<size { x[row] -= factor[k * size + row] * x[k] }
      x[row] /= factor[row * size + row]
    }
    return x
  }

  /// Turns the lower triangle of the square block on the diagonal that `range` names into its factor, row by row.
  ///
  /// - Parameter values: `[size, size]`.
  /// - Returns: whether the block is positive definite.
  fileprivate static func factorInPlace(_ values: inout [Double], size: Int, _ range: Range<Int>) -> Bool {
    for row in range {
      for column in range.lowerBound...row {
        var sum = values[row * size + column]
        for k in range.lowerBound..<column { sum -= values[row * size + k] * values[column * size + k] }
        if column < row {
          values[row * size + column] = sum / values[column * size + column]
        } else {
          guard sum > 0, sum.isFinite else { return false }
          values[row * size + row] = sum.squareRoot()
        }
      }
    }
    return true
  }

  /// The upper triangular U with Uᵀ·U = A⁻¹, as GPTQ (Frantar et al., arXiv 2210.17323) uses it.
  ///
  /// With J the matrix that reverses the order, A = J·L·Lᵀ·J for the factor L of the reversed matrix J·A·J, and so
  /// U = J·L⁻¹·J: one factor and one triangular inverse, half the work of inverting A first.
  /// - Parameter matrix: A, `[size, size]`, symmetric.
  /// - Returns: U, row-major with zeros below the diagonal, or nil if A is not positive definite.
  public static func upperFactorOfInverse(_ matrix: consuming [Double], size: Int) -> [Float]? {
    precondition(matrix.count == size * size, "not a square matrix")
    // Reversing rows and columns of a row-major square reverses its elements.
    matrix.reverse()
    guard let inverse = LowerFactor(of: matrix, size: size)?.inverse() else { return nil }
    let last = inverse.count - 1
    return unsafe Parallel.array(count: inverse.count, chunkCount: 1 << 15) { output, first, count in
      for index in first..<first + count { unsafe output[index - first] = Float(inverse[last - index]) }
    }
  }

  /// `matrix`, `[size, size]`, with its rows and columns in `order`, in double precision.
  public static func reordered(_ matrix: [Float], _ order: [Int]) -> [Double] {
    let size = order.count
    precondition(matrix.count == size * size, "not a square matrix")
    return unsafe Parallel.array(count: size * size, chunkCount: max(size, 1)) { output, first, _ in
      let line = order[first / size] * size
      for column in 0..<size { unsafe output[column] = Double(matrix[line + order[column]]) }
    }
  }
}

/// L with L·Lᵀ = A, and the inverses of the blocks on its diagonal, which turn substitutions into products.
private struct LowerFactor {
  /// Rows and columns of a block: more where what is still to be factored comes from memory each time.
  static func block(_ size: Int) -> Int { size > 2048 ? 128 : 64 }
  private let size: Int
  private let block: Int
  /// Row-major; what lies above the diagonal blocks is not part of L.
  private var values: [Double]
  /// For each block on the diagonal its inverse, `[block, block]`, zeros above the diagonal.
  private var inverses: [[Double]] = []

  private var ranges: [Range<Int>] {
    stride(from: 0, to: size, by: block).map { $0..<min($0 + block, size) }
  }

  /// nil if A is not positive definite.
  init?(of matrix: [Double], size: Int) {
    self.size = size
    block = Self.block(size)
    values = matrix
    for range in ranges {
      guard Cholesky.factorInPlace(&values, size: size, range) else { return nil }
      inverses.append(diagonalInverse(range))
      eliminate(range)
    }
  }

  private func diagonalInverse(_ range: Range<Int>) -> [Double] {
    let count = range.count
    var inverse = [Double](repeating: 0, count: count * count)
    for column in 0..<count {
      for row in column..<count {
        var sum: Double = row == column ? 1 : 0
        let line = (range.lowerBound + row) * size + range.lowerBound
        for k in column..<max(row, column) { sum -= values[line + k] * inverse[k * count + column] }
        inverse[row * count + column] = sum / values[line + row]
      }
    }
    return inverse
  }

  /// Makes the rows below `range` rows of L in its columns, and takes their products off what is still to be factored.
  private mutating func eliminate(_ range: Range<Int>) {
    let below = size - range.upperBound, size = size, count = range.count, chunk = 128
    guard below > 0 else { return }
    let inverse = inverses[inverses.count - 1]
    let chunks = (below + chunk - 1) / chunk
    unsafe values.withUnsafeMutableBufferPointer { values in
      unsafe inverse.withUnsafeBufferPointer { inverse in
        guard let base = values.baseAddress, let inverse = inverse.baseAddress else { return }
        // Each chunk writes its own rows.
        nonisolated(unsafe) let pointers = unsafe (values: base, inverse: inverse)
        Parallel.forEach(chunks) { index in
          let first = range.upperBound + index * chunk, rows = min(chunk, size - first)
          let panel = unsafe pointers.values + first * size + range.lowerBound
          let old = unsafe Array(rows: panel, rows, count, stride: size)
          unsafe old.withUnsafeBufferPointer { old in
            guard let old = old.baseAddress else { return }
            unsafe Gemm.multiply(
              MatrixPointer(base: old, stride: count), MatrixPointer(base: pointers.inverse, stride: count),
              .rightTransposed, ProductSize(m: rows, n: count, k: count), into: panel, stride: size)
          }
        }
        Parallel.forEach(chunks) { index in
          let first = range.upperBound + index * chunk, rows = min(chunk, size - first)
          let column = unsafe pointers.values + range.lowerBound
          unsafe Gemm.multiply(
            MatrixPointer(base: column + first * size, stride: size),
            MatrixPointer(base: column + range.upperBound * size, stride: size), .rightTransposed,
            ProductSize(m: rows, n: first + rows - range.upperBound, k: count), .subtract,
            into: pointers.values + first * size + range.upperBound, stride: size)
        }
      }
    }
  }

  /// Replaces each of `rowCount` rows b by x with x·L·Lᵀ = b.
  func solve(_ x: inout [Double], rowCount: Int) {
    let ranges = ranges
    for (index, range) in ranges.enumerated() {
      // y_i = (b_i − Σ over k < i of y_k·L_ikᵀ)·inverse(L_ii)ᵀ
      substitute(&x, rowCount, range, known: 0..<range.lowerBound, inverse: inverses[index], .rightTransposed)
    }
    for (index, range) in ranges.enumerated().reversed() {
      // x_i = (y_i − Σ over k > i of x_k·L_ki)·inverse(L_ii)
      substitute(&x, rowCount, range, known: range.upperBound..<size, inverse: inverses[index], .plain)
    }
  }

  private func substitute(
    _ x: inout [Double], _ rowCount: Int, _ range: Range<Int>, known: Range<Int>, inverse: [Double], _ form: ProductForm
  ) {
    let corner =
      form == .plain ? known.lowerBound * size + range.lowerBound : range.lowerBound * size + known.lowerBound
    unsafe x.withUnsafeMutableBufferPointer { x in
      unsafe values.withUnsafeBufferPointer { values in
        unsafe inverse.withUnsafeBufferPointer { inverse in
          guard let x = x.baseAddress, let values = values.baseAddress, let inverse = inverse.baseAddress else {
            return
          }
          if !known.isEmpty {
            unsafe Gemm.multiply(
              MatrixPointer(base: x + known.lowerBound, stride: size),
              MatrixPointer(base: values + corner, stride: size), form,
              ProductSize(m: rowCount, n: range.count, k: known.count), .subtract, into: x + range.lowerBound,
              stride: size)
          }
          let part = unsafe Array(rows: x + range.lowerBound, rowCount, range.count, stride: size)
          unsafe part.withUnsafeBufferPointer { part in
            guard let part = part.baseAddress else { return }
            unsafe Gemm.multiply(
              MatrixPointer(base: part, stride: range.count), MatrixPointer(base: inverse, stride: range.count), form,
              ProductSize(m: rowCount, n: range.count, k: range.count), into: x + range.lowerBound, stride: size)
          }
        }
      }
    }
  }

  /// L⁻¹, `[size, size]` with zeros above the diagonal: row block i is −inverse(L_ii)·L_i,<i · (L⁻¹)_<i.
  func inverse() -> [Double] {
    let size = size
    var result = [Double](repeating: 0, count: size * size)
    for (index, range) in ranges.enumerated() {
      let diagonal = inverses[index], count = range.count
      for row in 0..<count {
        for column in 0...row {
          result[(range.lowerBound + row) * size + range.lowerBound + column] = diagonal[row * count + column]
        }
      }
      guard range.lowerBound > 0 else { continue }
      unsafe result.withUnsafeMutableBufferPointer { result in
        guard let result = result.baseAddress else { return }
        // Each block of columns is written by one worker; the rows above are finished.
        nonisolated(unsafe) let pointer = unsafe result
        Parallel.forEach(index) { unsafe fillInverse(pointer, range, diagonal, column: $0 * block) }
      }
    }
    return result
  }

  /// Fills rows `range` of the inverse in the block of columns that starts at `column`, left of the diagonal.
  private func fillInverse(
    _ result: UnsafeMutablePointer<Double>, _ range: Range<Int>, _ diagonal: [Double], column: Int
  ) {
    let count = range.count, width = block
    var product = [Double](repeating: 0, count: count * width)
    unsafe product.withUnsafeMutableBufferPointer { product in
      unsafe values.withUnsafeBufferPointer { values in
        unsafe diagonal.withUnsafeBufferPointer { diagonal in
          guard let product = product.baseAddress, let values = values.baseAddress, let diagonal = diagonal.baseAddress
          else { return }
          // (L⁻¹)_<i is zero above its own diagonal: sums start at `column`.
          unsafe Gemm.multiply(
            MatrixPointer(base: values + range.lowerBound * size + column, stride: size),
            MatrixPointer(base: result + column * size + column, stride: size), .plain,
            ProductSize(m: count, n: width, k: range.lowerBound - column), into: product, stride: width)
          unsafe Gemm.multiply(
            MatrixPointer(base: diagonal, stride: count), MatrixPointer(base: product, stride: width), .plain,
            ProductSize(m: count, n: width, k: count), .subtract, into: result + range.lowerBound * size + column,
            stride: size)
        }
      }
    }
  }
}

extension [Double] {
  /// A copy of `rows` rows of `columns` elements that lie `stride` apart.
  fileprivate init(rows base: UnsafePointer<Double>, _ rows: Int, _ columns: Int, stride: Int) {
    self = []
    reserveCapacity(rows * columns)
    for row in 0..<rows { unsafe append(contentsOf: UnsafeBufferPointer(start: base + row * stride, count: columns)) }
  }
}

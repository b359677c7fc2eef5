// Factors of symmetric positive definite matrices, block by block.
internal import Tensors

/// L with L·Lᵀ = A, and the inverses of the blocks on its diagonal, which turn substitutions into products.
struct LowerFactor<Element: GemmElement>: Sendable {
  private let size: Int
  /// Rows and columns of a block.
  private let block: Int
  /// Row-major; what lies above the diagonal blocks is not part of L.
  private var values: [Element]
  /// For each block on the diagonal its inverse, `[block, block]`, zeros above the diagonal.
  private var inverses: [[Element]] = []

  private var ranges: [Range<Int>] {
    stride(from: 0, to: size, by: block).map { $0..<min($0 + block, size) }
  }

  /// The same factor in another precision.
  init(rounding other: LowerFactor<some GemmElement>) {
    size = other.size
    block = other.block
    values = other.values.map { Element($0) }
    inverses = other.inverses.map { $0.map { Element($0) } }
  }

  /// Replaces each row b of `rows`, `[rows, size]`, by x with x·L·Lᵀ = b.
  func solve(_ rows: inout Tensor) {
    // L is read once for rows that are taken together; no bit depends on how many they are.
    let count = rows.rowCount, together = max(block, min(4 * block, count / Parallel.threadCount))
    Parallel.forEachChunk(of: &rows.values, chunkCount: together * size) { _, chunk in
      var x = chunk.indices.map { Element(chunk[$0]) }
      solve(&x, rowCount: x.count / size)
      for index in x.indices { chunk[index] = Float(x[index]) }
    }
  }

  /// Replaces each of `rowCount` rows b by x with x·L·Lᵀ = b.
  private func solve(_ x: inout [Element], rowCount: Int) {
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
    _ x: inout [Element], _ rowCount: Int, _ range: Range<Int>, known: Range<Int>, inverse: [Element],
    _ form: ProductForm
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
            unsafe Element.multiply(
              MatrixPointer(base: x + known.lowerBound, stride: size),
              MatrixPointer(base: values + corner, stride: size), form,
              ProductSize(m: rowCount, n: range.count, k: known.count), .subtract, into: x + range.lowerBound,
              stride: size)
          }
          let part = unsafe Array(rows: x + range.lowerBound, rowCount, range.count, stride: size)
          unsafe part.withUnsafeBufferPointer { part in
            guard let part = part.baseAddress else { return }
            unsafe Element.multiply(
              MatrixPointer(base: part, stride: range.count), MatrixPointer(base: inverse, stride: range.count), form,
              ProductSize(m: rowCount, n: range.count, k: range.count), .set, into: x + range.lowerBound, stride: size)
          }
        }
      }
    }
  }
}

extension LowerFactor<Double> {
  /// nil if A is not positive definite.
  init?(of matrix: [Double], size: Int) {
    self.size = size
    // More where what is still to be factored comes from memory each time.
    block = size > 2048 ? 128 : 64
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

extension Array where Element: GemmElement {
  /// A copy of `rows` rows of `columns` elements that lie `stride` apart.
  fileprivate init(rows base: UnsafePointer<Element>, _ rows: Int, _ columns: Int, stride: Int) {
    self = []
    reserveCapacity(rows * columns)
    for row in 0..<rows { unsafe append(contentsOf: UnsafeBufferPointer(start: base + row * stride, count: columns)) }
  }
}

// Elementwise arithmetic on weights, for searches that do it thousands of times.
internal import CKernels
public import Tensors

extension Tensor {
  /// Elements that one worker takes together, a whole number of rows.
  private var chunkCount: Int { max(1, (1 << 15) / max(rowWidth, 1)) * max(rowWidth, 1) }

  /// A tensor of this shape whose elements `fill` writes, some whole rows at a time: where to, the first element's
  /// index, and how many.
  private func made(
    _ fill: @Sendable (_ output: UnsafeMutablePointer<Float>, _ first: Int, _ count: Int) -> Void
  ) -> Tensor {
    Tensor(shape: shape, values: unsafe Parallel.array(count: values.count, chunkCount: chunkCount, fill))
  }

  /// Column i times `factors[i]`; there are as many factors as columns.
  public func columnsMultiplied(by factors: [Float]) -> Tensor {
    precondition(factors.count == rowWidth || values.isEmpty, "one factor per column")
    return unsafe made { output, first, count in
      for start in stride(from: 0, to: count, by: factors.count) {
        unsafe values.withUnsafeBufferPointer { values in
          unsafe factors.withUnsafeBufferPointer { factors in
            for column in 0..<factors.count {
              unsafe output[start + column] = values[first + start + column] * factors[column]
            }
          }
        }
      }
    }
  }

  /// Multiplies column i by `factors[i]` in place.
  public mutating func multiplyColumns(by factors: [Float]) {
    precondition(factors.count == rowWidth || values.isEmpty, "one factor per column")
    Parallel.forEachChunk(of: &values, chunkCount: chunkCount) { _, chunk in
      unsafe chunk.withUnsafeMutableBufferPointer { chunk in
        for start in stride(from: 0, to: chunk.count, by: factors.count) {
          unsafe factors.withUnsafeBufferPointer { factors in
            for column in 0..<factors.count { unsafe chunk[start + column] *= factors[column] }
          }
        }
      }
    }
  }

  /// Column i times `factors[i]`, less `other`, which has the same shape.
  public func columnsMultiplied(by factors: [Float], minus other: Tensor) -> Tensor {
    precondition((factors.count == rowWidth || values.isEmpty) && shape == other.shape, "shapes do not fit")
    return unsafe made { output, first, count in
      for start in stride(from: 0, to: count, by: factors.count) {
        unsafe values.withUnsafeBufferPointer { values in
          unsafe other.values.withUnsafeBufferPointer { terms in
            unsafe factors.withUnsafeBufferPointer { factors in
              for column in 0..<factors.count {
                let index = first + start + column
                unsafe output[start + column] = values[index] * factors[column] - terms[index]
              }
            }
          }
        }
      }
    }
  }

  /// Row i times `factors[i]`; there are as many factors as rows.
  public func rowsMultiplied(by factors: [Float]) -> Tensor {
    precondition(factors.count == rowCount, "one factor per row")
    let width = rowWidth
    return unsafe made { output, first, count in
      for start in stride(from: 0, to: count, by: width) {
        let factor = factors[(first + start) / width]
        unsafe values.withUnsafeBufferPointer { values in
          for column in 0..<width { unsafe output[start + column] = values[first + start + column] * factor }
        }
      }
    }
  }

  /// Columns `range`, copied.
  public func columns(_ range: Range<Int>) -> Tensor {
    let width = rowWidth
    var result: [Float] = []
    result.reserveCapacity(rowCount * range.count)
    for row in 0..<rowCount { result += values[row * width + range.lowerBound..<row * width + range.upperBound] }
    return Tensor(shape: [rowCount, range.count], values: result)
  }

  /// A matrix with rows for columns.
  public func transposed() -> Tensor {
    let rows = rowCount, width = rowWidth, chunkRows = 16
    let values: [Float] = unsafe Parallel.array(count: values.count, chunkCount: chunkRows * max(rows, 1)) {
      output, first, count in
      let columns = first / rows..<(first + count) / rows
      unsafe self.values.withUnsafeBufferPointer { values in
        for row in 0..<rows {
          for column in columns {
            unsafe output[(column - columns.lowerBound) * rows + row] = values[row * width + column]
          }
        }
      }
    }
    return Tensor(shape: [width, rows], values: values)
  }

  /// Matrices of the same rows side by side; there is at least one.
  /// - Parameter factors: What each column is multiplied by, in place; nil leaves all as they are.
  public init(joiningColumns parts: [Tensor], times factors: [Float]? = nil) {
    guard parts.count > 1 else {
      self = factors.map { parts[0].columnsMultiplied(by: $0) } ?? parts[0]
      return
    }
    let rows = parts[0].rowCount, width = parts.reduce(0) { $0 + $1.rowWidth }
    var joined: [Float] = []
    joined.reserveCapacity(rows * width)
    for row in 0..<rows {
      for part in parts { joined += part.values[row * part.rowWidth..<(row + 1) * part.rowWidth] }
    }
    self.init(shape: [rows, width], values: joined)
    if let factors { multiplyColumns(by: factors) }
  }

  public static func - (x: Tensor, y: Tensor) -> Tensor {
    precondition(x.shape == y.shape, "difference of different shapes")
    return unsafe x.made { output, first, count in
      unsafe x.values.withUnsafeBufferPointer { x in
        unsafe y.values.withUnsafeBufferPointer { y in
          guard let x = x.baseAddress, let y = y.baseAddress else { return }
          // From pointers to the chunk the loop becomes vector instructions.
          let (left, right) = unsafe (x + first, y + first)
          for index in 0..<count { unsafe output[index] = left[index] - right[index] }
        }
      }
    }
  }

  /// Σ over rows of weight·|x|, in f64, and the largest |x|, per column; a NaN counts as infinite.
  public func columnMagnitudes(weights: [Float]) -> (sum: [Double], largest: [Float]) {
    precondition(weights.count == rowCount, "one weight per row")
    let width = rowWidth
    var sums = [Double](repeating: 0, count: width)
    var largest = [Float](repeating: 0, count: width)
    unsafe values.withUnsafeBufferPointer { values in
      unsafe sums.withUnsafeMutableBufferPointer { sums in
        unsafe largest.withUnsafeMutableBufferPointer { largest in
          for (row, weight) in weights.enumerated() {
            for column in 0..<width {
              let magnitude = unsafe abs(values[row * width + column])
              unsafe sums[column] += Double(weight * magnitude)
              unsafe largest[column] = magnitude <= largest[column] ? largest[column] : magnitude
            }
          }
        }
      }
    }
    // A later row hides a NaN in `largest`, but never in a sum.
    return (sums, zip(largest, sums).map { $1.isNaN ? .infinity : $0 })
  }

  /// The dot product of every row with the same row of `other`, in f64: eight interleaved sums, added in order.
  public func rowDots(_ other: Tensor) -> [Double] {
    precondition(shape == other.shape, "rows of different shapes")
    let rows = shape.elementCount == 0 ? 0 : rowCount
    let panelRows = max(1, chunkCount / max(rowWidth, 1))
    let panels = Parallel.map((rows + panelRows - 1) / panelRows) { panel in
      (panel * panelRows..<min(rows, (panel + 1) * panelRows)).map { rowDot(other, $0) }
    }
    return panels.flatMap(\.self)
  }

  private func rowDot(_ other: Tensor, _ row: Int) -> Double {
    let width = rowWidth
    return unsafe values.withUnsafeBufferPointer { a in
      unsafe other.values.withUnsafeBufferPointer { b in
        guard let a = a.baseAddress, let b = b.baseAddress else { return 0 }
        return unsafe dot(a + row * width, b + row * width, width)
      }
    }
  }
}

/// The dot product of two vectors in f64: eight interleaved sums, added in order.
func dot(_ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>, _ count: Int) -> Double {
  let whole = count / 8 * 8
  var sums = SIMD8<Double>(repeating: 0)
  for index in stride(from: 0, to: whole, by: 8) {
    let x = unsafe UnsafeRawPointer(left + index).loadUnaligned(as: SIMD8<Float>.self)
    let y = unsafe UnsafeRawPointer(right + index).loadUnaligned(as: SIMD8<Float>.self)
    sums += SIMD8<Double>(x) * SIMD8<Double>(y)
  }
  var sum = 0.0
  for lane in 0..<8 { sum += sums[lane] }
  for index in whole..<count { unsafe sum += Double(left[index]) * Double(right[index]) }
  return sum
}

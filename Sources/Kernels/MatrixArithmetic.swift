// Elementwise arithmetic on weights, for searches that do it thousands of times.
internal import CKernels
public import Tensors

extension Tensor {
  /// Elements that one worker takes together, a whole number of rows.
  private var chunkCount: Int { max(1, (1 << 15) / max(rowWidth, 1)) * max(rowWidth, 1) }

  /// Column i times `factors[i]`; there are as many factors as columns.
  public func columnsMultiplied(by factors: [Float]) -> Tensor {
    precondition(factors.count == rowWidth || values.isEmpty, "one factor per column")
    var result = self
    Parallel.forEachChunk(of: &result.values, chunkCount: chunkCount) { _, chunk in
      unsafe chunk.withUnsafeMutableBufferPointer { chunk in
        unsafe factors.withUnsafeBufferPointer { factors in
          for start in stride(from: 0, to: chunk.count, by: factors.count) {
            for column in 0..<factors.count { unsafe chunk[start + column] *= factors[column] }
          }
        }
      }
    }
    return result
  }

  /// x −= y.
  public static func -= (x: inout Tensor, y: Tensor) {
    precondition(x.shape == y.shape, "difference of different shapes")
    let chunkCount = x.chunkCount
    Parallel.forEachChunk(of: &x.values, chunkCount: chunkCount) { index, chunk in
      unsafe chunk.withUnsafeMutableBufferPointer { chunk in
        unsafe y.values.withUnsafeBufferPointer { terms in
          let start = index * chunkCount
          for offset in 0..<chunk.count { unsafe chunk[offset] -= terms[start + offset] }
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

  /// The dot product of every row with the same row of `other`, in f64 and in index order.
  public func rowDots(_ other: Tensor) -> [Double] {
    precondition(shape == other.shape, "rows of different shapes")
    let width = rowWidth
    return Parallel.map(shape.elementCount == 0 ? 0 : rowCount) { row in
      unsafe values.withUnsafeBufferPointer { a in
        unsafe other.values.withUnsafeBufferPointer { b in
          var sum = 0.0
          for index in row * width..<(row + 1) * width { unsafe sum += Double(a[index]) * Double(b[index]) }
          return sum
        }
      }
    }
  }
}

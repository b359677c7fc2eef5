// Rounding of weights to the levels of their groups: to the nearest, by coordinate descent, and with error
// feedback, the inner loop of GPTQ (Frantar et al., arXiv 2210.17323), which rounds a column and moves its
// error onto the later ones.
internal import CKernels

/// Rounding weights to the levels of their groups.
public enum LevelRounding {
  /// Rounds consecutive groups: code = clamp(round-half-even(w / scale) + zero, 0, 15),
  /// value = (code − zero)·scale.
  ///
  /// - Parameters:
  ///   - weights: `[groups, groupSize]`, overwritten by the values.
  ///   - scales: One per group. - zeros: One per group, whole numbers.
  /// - Returns: The codes.
  @discardableResult
  public static func round(_ weights: inout [Float], scales: [Float], zeros: [Float], groupSize: Int) -> [UInt8] {
    precondition(scales.count == zeros.count && scales.count * groupSize == weights.count)
    return unsafe weights.withUnsafeMutableBufferPointer { w in
      // Each worker rounds its own groups.
      nonisolated(unsafe) let base = w.baseAddress
      return unsafe Parallel.array(count: w.count, chunkCount: groupsPerChunk(groupSize) * groupSize) {
        codes, first, count in
        guard let base = unsafe base else { return }
        unsafe scales.withUnsafeBufferPointer { scales in
          unsafe zeros.withUnsafeBufferPointer { zeros in
            guard let scales = scales.baseAddress, let zeros = zeros.baseAddress else { return }
            let group = first / groupSize
            unsafe ck_round_groups(
              base + first, codes, base + first, scales + group, zeros + group, count / groupSize, groupSize)
          }
        }
      }
    }
  }

  /// Groups that one worker takes together.
  fileprivate static func groupsPerChunk(_ groupSize: Int) -> Int { max(1, (1 << 15) / max(groupSize, 1)) }

  /// Rows that a line of the Gram matrix serves while it is in the cache: most of those of a wide matrix come from
  /// memory, and few codes of a column change. No bit depends on it.
  private static func descentRows(_ rows: Int) -> Int { min(128, max(8, rows / (4 * Parallel.threadCount))) }

  /// One sweep of coordinate descent over the codes of all rows; see `ck_descend_rows`.
  /// - Parameters:
  ///   - codes: `[out, in]`. - gradient: `[out, in]`. - gram: `[in, in]`.
  ///   - scales: `[out, groups]`. - zeros: `[out, groups]`, whole numbers.
  /// - Returns: How many codes changed.
  public static func descend(
    codes: inout [UInt8], gradient: inout [Float], gram: [Float], scales: [Float], zeros: [Float], columns: Int,
    groupSize: Int
  ) -> Int {
    let rows = columns == 0 ? 0 : codes.count / columns, descentRows = descentRows(rows)
    precondition(gram.count == columns * columns && gradient.count == codes.count && rows * columns == codes.count)
    precondition(scales.count * groupSize == codes.count && zeros.count == scales.count)
    return unsafe codes.withUnsafeMutableBufferPointer { codes in
      unsafe gradient.withUnsafeMutableBufferPointer { gradient in
        // Each worker changes rows of its own.
        nonisolated(unsafe) let base = (codes: codes.baseAddress, gradient: gradient.baseAddress)
        let panels = Parallel.map((rows + descentRows - 1) / descentRows) { panel in
          let first = panel * descentRows, group = first * columns / groupSize
          return unsafe scales.withUnsafeBufferPointer { scales in
            unsafe zeros.withUnsafeBufferPointer { zeros in
              guard let codes = unsafe base.codes, let gradient = unsafe base.gradient, let scales = scales.baseAddress,
                let zeros = zeros.baseAddress
              else { return 0 }
              return unsafe Int(
                ck_descend_rows(
                  codes + first * columns, gradient + first * columns, gram, scales + group, zeros + group,
                  min(descentRows, rows - first), columns, groupSize))
            }
          }
        }
        return panels.reduce(0, +)
      }
    }
  }
}

/// The smallest and the largest weight of every group.
public struct GroupExtremes: Sendable {
  /// One per group.
  public let low: [Float]
  /// One per group.
  public let high: [Float]

  /// Those of consecutive groups; `weights` holds whole groups and no NaN.
  public init(_ weights: [Float], groupSize: Int) {
    precondition(groupSize > 0 && weights.count % groupSize == 0, "groups must be whole")
    let count = weights.count / groupSize
    let perChunk = LevelRounding.groupsPerChunk(groupSize)
    var high = [Float](repeating: 0, count: count)
    low = unsafe high.withUnsafeMutableBufferPointer { high in
      nonisolated(unsafe) let high = high.baseAddress
      return unsafe Parallel.array(count: count, chunkCount: perChunk) { low, first, count in
        unsafe weights.withUnsafeBufferPointer { weights in
          guard let high = unsafe high, let weights = weights.baseAddress else { return }
          unsafe ck_group_extremes(low, high + first, weights + first * groupSize, count, groupSize)
        }
      }
    }
    self.high = high
  }
}

/// Rounding with error feedback, for a panel of rows at a time.
public enum ErrorFeedbackRounding {
  /// Columns rounded one by one before the others are updated together.
  private static let blockColumns = 128

  /// Rounds a panel.
  ///
  /// - Parameters:
  ///   - panel: `[columns, lanes]`, a lane being an output row; overwritten.
  ///   - upper: U of `Cholesky.upperFactorOfInverse`, `[columns, columns]`.
  ///   - scales: `[columns, lanes]`. - zeros: `[columns, lanes]`, whole numbers.
  /// - Returns: Codes, `[columns, lanes]`.
  public static func codes(
    panel: inout [Float], upper: [Float], scales: [Float], zeros: [Float], columns: Int, lanes: Int
  ) -> [UInt8] {
    precondition(panel.count == columns * lanes && upper.count == columns * columns)
    precondition(scales.count == panel.count && zeros.count == panel.count)
    var codes = [UInt8](repeating: 0, count: panel.count)
    var errors = [Float](repeating: 0, count: blockColumns * lanes)
    unsafe panel.withUnsafeMutableBufferPointer { w in
      unsafe codes.withUnsafeMutableBufferPointer { codes in
        unsafe errors.withUnsafeMutableBufferPointer { errors in
          unsafe upper.withUnsafeBufferPointer { u in
            unsafe scales.withUnsafeBufferPointer { scales in
              unsafe zeros.withUnsafeBufferPointer { zeros in
                guard let w = w.baseAddress, let codes = codes.baseAddress, let errors = errors.baseAddress,
                  let u = u.baseAddress, let scales = scales.baseAddress, let zeros = zeros.baseAddress
                else { return }
                let pointers = unsafe Panel(
                  w: w, codes: codes, errors: errors, u: u, scales: scales, zeros: zeros, columns: columns,
                  lanes: lanes)
                for start in stride(from: 0, to: columns, by: blockColumns) {
                  unsafe pointers.round(start..<min(start + blockColumns, columns))
                }
              }
            }
          }
        }
      }
    }
    return codes
  }

  /// The buffers of one panel.
  @unsafe private struct Panel {
    let w: UnsafeMutablePointer<Float>
    let codes: UnsafeMutablePointer<UInt8>
    let errors: UnsafeMutablePointer<Float>
    let u: UnsafePointer<Float>
    let scales: UnsafePointer<Float>
    let zeros: UnsafePointer<Float>
    let columns: Int
    let lanes: Int

    /// Rounds a block of columns, then takes its errors off all later ones:
    /// W[rest] −= U[block, rest]ᵀ · E[block].
    func round(_ block: Range<Int>) {
      let at = unsafe block.lowerBound * lanes
      let diagonal = unsafe u + block.lowerBound * columns + block.lowerBound
      unsafe ck_gptq_block(
        w + at, errors, codes + at, diagonal, columns, scales + at, zeros + at, block.count, lanes)
      let rest = unsafe columns - block.upperBound
      guard rest > 0 else { return }
      unsafe Gemm.multiply(
        MatrixPointer(base: diagonal + block.count, stride: columns), MatrixPointer(base: errors, stride: lanes),
        .leftTransposed, ProductSize(m: rest, n: lanes, k: block.count), .subtract,
        into: w + block.upperBound * lanes, stride: lanes)
    }
  }
}

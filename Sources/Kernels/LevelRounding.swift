// Swift faces of CKernels' rounding loops.
internal import CKernels

/// Rounding weights to the levels of their groups.
public enum LevelRounding {
  /// Rounds consecutive groups: code = clamp(round-half-even(w / scale) + zero, 0, 15), value = (code − zero)·scale.
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

  /// Rows whose slopes a worker keeps in its cache while a line of the Gram matrix serves them all.
  private static let descentRows = 8

  /// One sweep of coordinate descent over the codes of all rows; see `ck_descend_rows`.
  /// - Parameters:
  ///   - codes: `[out, in]`. - gradient: `[out, in]`. - gram: `[in, in]`.
  ///   - scales: `[out, groups]`. - zeros: `[out, groups]`, whole numbers.
  /// - Returns: How many codes changed.
  public static func descend(
    codes: inout [UInt8], gradient: inout [Float], gram: [Float], scales: [Float], zeros: [Float], columns: Int,
    groupSize: Int
  ) -> Int {
    let rows = columns == 0 ? 0 : codes.count / columns
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

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
    let count = weights.count
    return unsafe weights.withUnsafeMutableBufferPointer { w in
      unsafe [UInt8](unsafeUninitializedCapacity: count) { codes, initialized in
        if let base = w.baseAddress {
          unsafe ck_round_groups(base, codes.baseAddress, base, scales, zeros, scales.count, groupSize)
        }
        initialized = count
      }
    }
  }

  /// One sweep of coordinate descent over a row's codes; see `ck_descend_row`. Returns how many changed.
  public static func descend(
    codes: inout [UInt8], gradient: inout [Float], gram: [Float], scales: [Float], zeros: [Float], groupSize: Int
  ) -> Int {
    precondition(gram.count == codes.count * codes.count && gradient.count == codes.count)
    precondition(scales.count * groupSize == codes.count && zeros.count == scales.count)
    return unsafe Int(ck_descend_row(&codes, &gradient, gram, scales, zeros, codes.count, groupSize))
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
    var low = [Float](repeating: 0, count: count)
    var high = low
    unsafe ck_group_extremes(&low, &high, weights, count, groupSize)
    self.low = low
    self.high = high
  }
}

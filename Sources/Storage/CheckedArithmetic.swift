// Arithmetic on numbers that a file supplied: nil instead of a trap or a wrapped value.

extension Int {
  /// `self + other`, or nil if that overflows.
  public func adding(checked other: Int) -> Int? {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? nil : sum
  }

  /// `self * other`, or nil if that overflows.
  public func multiplied(checked other: Int) -> Int? {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? nil : product
  }

  /// The next multiple of `alignment`, a power of two; nil if that overflows or `self` is negative.
  public func alignedUp(to alignment: Int) -> Int? {
    precondition(alignment > 0 && alignment & (alignment - 1) == 0, "alignment is a power of two")
    guard self >= 0, let sum = adding(checked: alignment - 1) else { return nil }
    return sum & ~(alignment - 1)
  }
}

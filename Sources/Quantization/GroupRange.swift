// One group's scale and zero: how a range of weights becomes sixteen levels.

/// Scale and zero of one group: level q stands for `(q − zero) · scale`.
public struct GroupRange: Sendable, Equatable {
  /// Distance of two levels, already rounded to half precision as it will be stored.
  public let scale: Float
  /// The code that stands for 0, in 0...15.
  public let zero: Int

  /// The levels that cover `[low, high]`, widened to contain 0 so that a weight of 0 stays exact and an
  /// all-positive group is not pushed off its levels.
  ///
  /// Edge cases: an empty or all-zero range gives the smallest scale; a range too wide for half precision is
  /// clamped to the largest finite half.
  public init(low: Float, high: Float) {
    let low = min(low, 0)
    let high = max(high, 0)
    let scale = GroupRange.storable((high - low) / Float(QuantizationScheme.maxCode))
    self.init(scale: scale, zero: GroupRange.clampedCode((-low / scale).rounded(.toNearestOrEven)))
  }

  /// A scale that is storable already, and a code.
  init(scale: Float, zero: Int) {
    self.scale = scale
    self.zero = zero
  }

  /// AutoAWQ's `pseudo_quantize_tensor`: the range is taken as it is, and the zero from the unrounded scale.
  public static func autoAWQ(low: Float, high: Float) -> GroupRange {
    let exact = max(high - low, 1e-5) / Float(QuantizationScheme.maxCode)
    let zero = clampedCode(-(low / exact).rounded(.toNearestOrEven))
    return GroupRange(scale: storable(exact), zero: zero)
  }

  /// The same zero with another scale.
  public func with(scale: Float) -> GroupRange { GroupRange(scale: GroupRange.storable(scale), zero: zero) }

  /// The code of the level nearest to `weight`.
  public func code(_ weight: Float) -> UInt8 {
    UInt8(GroupRange.clampedCode((weight / scale).rounded(.toNearestOrEven) + Float(zero)))
  }

  /// The value of level `code`.
  public func value(_ code: UInt8) -> Float { Float(Int(code) - zero) * scale }

  /// The nearest level's value.
  public func rounded(_ weight: Float) -> Float { value(code(weight)) }

  /// `scale` as half precision stores it, within the normal range.
  static func storable(_ scale: Float) -> Float {
    let clamped = max(min(scale, Float(Float16.greatestFiniteMagnitude)), QuantizationScheme.minScale)
    return Float(Float16(clamped))
  }

  /// A whole number brought into 0...15; NaN becomes 0.
  private static func clampedCode(_ value: Float) -> Int {
    value >= Float(QuantizationScheme.maxCode) ? QuantizationScheme.maxCode : value >= 0 ? Int(value) : 0
  }
}

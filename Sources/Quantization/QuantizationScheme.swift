// What "4 bits, group 128, asymmetric" means in numbers: how a range of weights becomes so many levels.

/// Which integers stand for weights, by the name that recipes have for it.
public enum CodeScheme: String, Sendable, CaseIterable {
  /// Four bits and a zero for each group.
  case int4
  /// Four bits, and 8 is the zero of all groups: for loaders that look at no zeros.
  case int4Symmetric = "int4-sym"
  /// Eight bits, and 128 is the zero of all groups: GPU kernels for eight bits look at no zeros.
  case int8

  /// Bits of a code.
  public var bits: Int { self == .int8 ? 8 : 4 }
}

/// Weight-only group quantization to unsigned codes of 4 or 8 bits with a zero and a 16-bit scale per group of input features.
public struct QuantizationScheme: Sendable, Hashable {
  /// Group sizes every AWQ loader takes.
  public static let supportedGroupSizes = [32, 64, 128]
  /// Output features of a linear are a multiple of this: what a word holds of four bits, and no less than kernels want.
  static let rowMultiple = 8
  /// The smallest scale ever written: the smallest normal half. A subnormal scale loses precision, and AutoAWQ's
  /// packer lets codes of such a group spill into their neighbours.
  public static let minScale: Float = 6.103_515_625e-05

  /// Input features that share one scale and one zero.
  public let groupSize: Int
  /// Where new ranges have their zeros. Linears that are read count as `int4` or `int8`, whatever their zeros are.
  public let codes: CodeScheme

  /// Bits of a code.
  public var bits: Int { codes.bits }
  /// The largest code: 15 or 255.
  public var maxCode: Int { 1 << bits - 1 }
  /// The code that stands for 0 in every group of a symmetric scheme: 8 or 128.
  public var middle: Int { 1 << (bits - 1) }

  /// A scheme, or nil if no loader takes this group size.
  public init?(groupSize: Int, codes: CodeScheme = .int4) {
    guard Self.supportedGroupSizes.contains(groupSize) else { return nil }
    self.groupSize = groupSize
    self.codes = codes
  }

  /// Whether a linear of this size can be stored: whole groups, and whole words of its outputs.
  public func fits(outFeatures: Int, inFeatures: Int) -> Bool {
    inFeatures > 0 && outFeatures > 0 && inFeatures % groupSize == 0 && outFeatures % Self.rowMultiple == 0
  }

  /// Stored bits per weight: codes, zeros and half-precision scales; 4.156 or 8.188 at group 128.
  public var bitsPerWeight: Double { Double(bits) + Double(16 + bits) / Double(groupSize) }

  /// The levels that cover `[low, high]`.
  public func range(low: Float, high: Float) -> GroupRange {
    switch codes {
    case .int4: GroupRange(low: low, high: high)
    case .int4Symmetric, .int8: GroupRange(symmetricLow: low, high: high, self)
    }
  }

  /// The levels that AutoAWQ covers `[low, high]` with.
  public func autoAWQRange(low: Float, high: Float) -> GroupRange {
    switch codes {
    case .int4: GroupRange.autoAWQ(low: low, high: high)
    case .int4Symmetric, .int8: GroupRange.symmetricAutoAWQ(low: low, high: high, self)
    }
  }
}

/// Scale and zero of one group: level q stands for `(q − zero) · scale`.
public struct GroupRange: Sendable, Equatable {
  /// Distance of two levels, already rounded to half precision as it will be stored.
  public let scale: Float
  /// The code that stands for 0, in 0...15 of four bits, 128 of eight.
  public let zero: Int

  /// The levels that cover `[low, high]`, widened to contain 0 so that a weight of 0 stays exact and an
  /// all-positive group is not pushed off its levels.
  ///
  /// Edge cases: an empty or all-zero range gives the smallest scale; a range too wide for half precision is
  /// clamped to the largest finite half.
  public init(low: Float, high: Float) {
    let low = min(low, 0)
    let high = max(high, 0)
    let scale = GroupRange.storable((high - low) / Float(GroupRange.maxCode))
    self.init(scale: scale, zero: GroupRange.clampedCode((-low / scale).rounded(.toNearestOrEven)))
  }

  /// The levels of zero 8 whose half-open ends −8 and 7.5 cover `[low, high]` (of eight bits 128, −128 and 127.5), as GPTQ (IST-DASLab/gptq `quant.py`,
  /// `sym`) and compressed-tensors (`calculate_qparams`) place them: a weight at the high end may move by half a level.
  ///
  /// Edge cases: as above.
  init(symmetricLow low: Float, high: Float, _ scheme: QuantizationScheme) {
    let largest = max(-low, high, 0)
    self.init(scale: GroupRange.storable(2 * largest / Float(scheme.maxCode)), zero: scheme.middle)
  }

  /// AutoAWQ's `pseudo_quantize_tensor` without zero points: the largest weight is level 7, or 127.
  static func symmetricAutoAWQ(low: Float, high: Float, _ scheme: QuantizationScheme) -> GroupRange {
    let largest = max(-low, high, 1e-5)
    return GroupRange(scale: storable(largest / Float(scheme.maxCode - scheme.middle)), zero: scheme.middle)
  }

  /// A scale that is storable already, and a code.
  init(scale: Float, zero: Int) {
    self.scale = scale
    self.zero = zero
  }

  /// AutoAWQ's `pseudo_quantize_tensor`: the range is taken as it is, and the zero from the unrounded scale.
  public static func autoAWQ(low: Float, high: Float) -> GroupRange {
    let exact = max(high - low, 1e-5) / Float(maxCode)
    let zero = clampedCode(-(low / exact).rounded(.toNearestOrEven))
    return GroupRange(scale: storable(exact), zero: zero)
  }

  /// The same zero with another scale.
  public func with(scale: Float) -> GroupRange { GroupRange(scale: GroupRange.storable(scale), zero: zero) }

  /// The code of the level nearest to `weight`, of four bits.
  public func code(_ weight: Float) -> UInt8 {
    UInt8(GroupRange.clampedCode((weight / scale).rounded(.toNearestOrEven) + Float(zero)))
  }

  /// The value of level `code`.
  public func value(_ code: UInt8) -> Float { Float(Int(code) - zero) * scale }

  /// The nearest level's value.
  public func rounded(_ weight: Float) -> Float { value(code(weight)) }

  /// `scale` as half precision stores it, within the normal range.
  private static func storable(_ scale: Float) -> Float {
    let clamped = max(min(scale, Float(Float16.greatestFiniteMagnitude)), QuantizationScheme.minScale)
    return Float(Float16(clamped))
  }

  /// Of four bits, which alone have zeros of their own.
  private static let maxCode = 15

  /// A whole number brought into 0...15; NaN becomes 0.
  private static func clampedCode(_ value: Float) -> Int {
    value >= Float(maxCode) ? maxCode : value >= 0 ? Int(value) : 0
  }
}

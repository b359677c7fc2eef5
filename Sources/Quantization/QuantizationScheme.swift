// What "4 bits, group 128, asymmetric" means in numbers.

/// Weight-only group quantization to unsigned 4-bit codes with a zero and a 16-bit scale per group of input features.
public struct QuantizationScheme: Sendable, Hashable {
  /// Group sizes every AWQ loader takes.
  public static let supportedGroupSizes = [32, 64, 128]
  /// Bits of a code.
  public static let bits = 4
  /// The largest code.
  public static let maxCode = 15
  /// The smallest scale ever written: the smallest normal half. A subnormal scale loses precision, and AutoAWQ's
  /// packer lets codes of such a group spill into their neighbours.
  public static let minScale: Float = 6.103_515_625e-05

  /// Input features that share one scale and one zero.
  public let groupSize: Int

  /// A scheme, or nil if no loader takes this group size.
  public init?(groupSize: Int) {
    guard Self.supportedGroupSizes.contains(groupSize) else { return nil }
    self.groupSize = groupSize
  }

  /// Whether a linear of this size can be stored: whole groups, and eight codes per packed word.
  public func fits(outFeatures: Int, inFeatures: Int) -> Bool {
    inFeatures > 0 && outFeatures > 0 && inFeatures % groupSize == 0 && outFeatures % AWQPacking.packFactor == 0
  }

  /// Stored bits per weight: codes, zeros and half-precision scales; 4.156 at group 128.
  public var bitsPerWeight: Double { Double(Self.bits) + Double(16 + Self.bits) / Double(groupSize) }
}

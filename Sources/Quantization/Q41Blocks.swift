// ggml's Q4_1 blocks, which llama.cpp reads: they hold the codes of an AWQ linear unchanged, and its zero as an offset.

/// A linear as rows of Q4_1 blocks of 32 values each: half-precision d and m, then 16 bytes of codes.
///
/// d is the group's scale s; m stands for −s·z, rounded to half precision: the only loss.
public struct Q41Blocks: Sendable, Equatable {
  /// `[out, in/32]` blocks of 20 bytes.
  public let bytes: [UInt8]
  /// The largest |m + s·z| / s: how far all weights of a group are shifted, in quantization steps. Infinite if some m or
  /// s is not finite.
  public let largestShift: Float

  private static let blockSize = 32

  /// The blocks of `linear`, whose groups are whole blocks.
  public init(_ linear: QuantizedLinear) {
    let groupSize = linear.scheme.groupSize, half = Self.blockSize / 2
    var bytes: [UInt8] = []
    bytes.reserveCapacity(linear.codes.count / Self.blockSize * (4 + half))
    var largestShift: Float = 0
    for first in stride(from: 0, to: linear.codes.count, by: Self.blockSize) {
      let group = first / groupSize
      let scale = linear.scales[group], exact = -Float(scale) * Float(linear.zeros[group])
      let offset = Float16(exact)
      if !offset.isFinite || !scale.isFinite { largestShift = .infinity }
      if scale != 0 { largestShift = max(largestShift, abs(Float(offset) - exact) / abs(Float(scale))) }
      for bits in [scale.bitPattern, offset.bitPattern] {
        bytes.append(UInt8(truncatingIfNeeded: bits))
        bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
      }
      for index in first..<first + half { bytes.append(linear.codes[index] & 0xF | linear.codes[index + half] << 4) }
    }
    self.bytes = bytes
    self.largestShift = largestShift
  }
}

extension QuantizedLinear {
  /// The same linear with row `order[r]` in place of row r.
  public func rows(in order: [Int]) -> QuantizedLinear {
    func reordered<Element>(_ values: [Element]) -> [Element] {
      let width = values.count / outFeatures
      return order.flatMap { values[$0 * width..<($0 + 1) * width] }
    }
    return QuantizedLinear(
      outFeatures: outFeatures, inFeatures: inFeatures, scheme: scheme, codes: reordered(codes),
      zeros: reordered(zeros), scales: reordered(scales))
  }
}

// Layouts that are only written, for other programs.
//
// `pack-quantized` of compressed-tensors is what llm-compressor writes and vLLM and transformers read
// (vllm-project/compressed-tensors, compressors/pack_quantized). It stores q − 8 and z − 8 with 8 added
// again: q and z. ggml's Q4_1 blocks hold the codes of an AWQ linear unchanged, and its zero as an offset.

/// The tensors of one linear in the pack-quantized layout.
public struct PackQuantizedTensors: Sendable, Equatable {
  /// `weight_packed`, I32 `[out, in/8]`: nibble i of a word, counted from the lowest, is the code of input 8·word + i.
  public let packed: [UInt32]
  /// `weight_zero_point`, I32 `[⌈out/8⌉, groups]`: nibble i of a word is the zero of row 8·word + i.
  public let zeroPoints: [UInt32]
  /// `weight_scale`, F16 `[out, groups]`.
  public let scales: [Float16]
}

extension QuantizedLinear {
  /// Codes or zeros in a word.
  public static let packFactor = 8

  /// The linear in the pack-quantized layout.
  public var packQuantized: PackQuantizedTensors {
    let factor = Self.packFactor
    var packed = [UInt32](repeating: 0, count: codes.count / factor)
    for (index, code) in codes.enumerated() {
      packed[index / factor] |= UInt32(code & 0xF) << UInt32(4 * (index % factor))
    }
    var zeroPoints = [UInt32](repeating: 0, count: (outFeatures + factor - 1) / factor * groupsPerRow)
    for row in 0..<outFeatures {
      for group in 0..<groupsPerRow {
        zeroPoints[row / factor * groupsPerRow + group] |=
          UInt32(zeros[row * groupsPerRow + group] & 0xF) << UInt32(4 * (row % factor))
      }
    }
    return PackQuantizedTensors(packed: packed, zeroPoints: zeroPoints, scales: scales)
  }
}

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

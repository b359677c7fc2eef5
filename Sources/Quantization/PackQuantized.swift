// The `pack-quantized` layout of compressed-tensors, as llm-compressor writes it and vLLM and transformers read it
// (vllm-project/compressed-tensors, compressors/pack_quantized). It stores q − 8 and z − 8 with 8 added again: q and z.

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

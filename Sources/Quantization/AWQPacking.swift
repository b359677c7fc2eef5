// AutoAWQ's GEMM layout (casper-hansen/AutoAWQ `awq/modules/linear/gemm.py`, order from `packing_utils.py`):
//   1. qweight int32 [in, out/8]: nibble n of word c holds the code of column 8c + order[n]
//   2. qzeros  int32 [in/g, out/8]: zeros, packed alike; no "minus one"
//   3. scales  f16   [in/g, out]
// W[in, out] = (q − z) · s. All little-endian.
internal import Kernels

/// Bit layout of AWQ GEMM checkpoints.
public enum AWQPacking {
  /// Codes in one 32-bit word.
  public static let packFactor = 8
  /// Which of eight neighbouring columns sits in nibble n.
  public static let order = [0, 2, 4, 6, 1, 3, 5, 7]

  /// Codes or zeros `[outFeatures, width]` as words `[width, outFeatures/8]`.
  ///
  /// Codes are masked to four bits, so that none can spill into its neighbour.
  static func pack(_ values: [UInt8], outFeatures: Int, width: Int) -> [UInt32] {
    let words = outFeatures / packFactor
    var packed = [UInt32](repeating: 0, count: width * words)
    guard words > 0 else { return packed }
    // A worker's part: some input features, and of them square blocks, so that every line of the cache is used whole.
    Parallel.forEachChunk(of: &packed, chunkCount: block * words) { chunk, output in
      let start = chunk * block, count = min(block, width - start)
      for firstWord in stride(from: 0, to: words, by: wordBlock) {
        for word in firstWord..<min(firstWord + wordBlock, words) {
          for (nibble, column) in order.enumerated() {
            let row = (word * packFactor + column) * width + start
            for index in 0..<count {
              output[index * words + word] |= UInt32(values[row + index] & 0xF) << UInt32(4 * nibble)
            }
          }
        }
      }
    }
    return packed
  }

  /// Input features of one block: the codes of a row are a line of the cache.
  private static let block = 64
  /// Words of one block: a line of the cache, too.
  private static let wordBlock = 16

  /// The inverse of `pack`.
  static func unpack(_ packed: [UInt32], outFeatures: Int, width: Int) -> [UInt8] {
    let words = outFeatures / packFactor
    var values = [UInt8](repeating: 0, count: outFeatures * width)
    guard width > 0 else { return values }
    Parallel.forEachChunk(of: &values, chunkCount: wordBlock * packFactor * width) { chunk, output in
      let firstWord = chunk * wordBlock, count = min(wordBlock, words - firstWord)
      for start in stride(from: 0, to: width, by: block) {
        for word in 0..<count {
          for (nibble, column) in order.enumerated() {
            let row = (word * packFactor + column) * width
            for index in start..<min(start + block, width) {
              let codes = packed[index * words + firstWord + word]
              output[row + index] = UInt8(truncatingIfNeeded: codes >> UInt32(4 * nibble)) & 0xF
            }
          }
        }
      }
    }
    return values
  }
}

/// The three tensors of a linear in the AWQ GEMM layout.
public struct AWQTensors: Sendable, Equatable {
  /// `[inFeatures, outFeatures/8]`.
  public var qweight: [UInt32]
  /// `[groups, outFeatures/8]`.
  public var qzeros: [UInt32]
  /// `[groups, outFeatures]`.
  public var scales: [Float16]
}

extension QuantizedLinear {
  /// The same linear in the AWQ GEMM layout.
  public var awqTensors: AWQTensors {
    var transposed = [Float16](repeating: 0, count: scales.count)
    for row in 0..<outFeatures {
      for group in 0..<groupsPerRow {
        transposed[group * outFeatures + row] = scales[row * groupsPerRow + group]
      }
    }
    return AWQTensors(
      qweight: AWQPacking.pack(codes, outFeatures: outFeatures, width: inFeatures),
      qzeros: AWQPacking.pack(zeros, outFeatures: outFeatures, width: groupsPerRow), scales: transposed)
  }

  /// A linear read from the AWQ GEMM layout; the arrays' sizes must fit the features.
  public init(awq tensors: AWQTensors, outFeatures: Int, inFeatures: Int, scheme: QuantizationScheme) {
    let groups = inFeatures / scheme.groupSize
    var scales = [Float16](repeating: 0, count: tensors.scales.count)
    for group in 0..<groups {
      for row in 0..<outFeatures { scales[row * groups + group] = tensors.scales[group * outFeatures + row] }
    }
    self.init(
      outFeatures: outFeatures, inFeatures: inFeatures, scheme: scheme,
      codes: AWQPacking.unpack(tensors.qweight, outFeatures: outFeatures, width: inFeatures),
      zeros: AWQPacking.unpack(tensors.qzeros, outFeatures: outFeatures, width: groups), scales: scales)
  }
}

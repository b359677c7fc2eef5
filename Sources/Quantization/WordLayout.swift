// How programs store a quantized linear: codes and zeros in 32-bit words, and scales. W[o][i] = (q − z) · s.
public import Tensors

/// How a checkpoint stores quantized linears: a value for each layout that a program writes, in four bits unless
/// something else is asked for.
public struct WordLayout: Sendable, Equatable {
  /// What reports call it.
  public let name: String
  /// Of the codes `[out, in]`.
  let codes: CodePacking
  /// Of the zeros `[out, groups]`.
  let zeros: CodePacking
  /// Whether scales are stored `[groups, out]`, and not `[out, groups]`.
  let hasTransposedScales: Bool
  /// What a zero is more than its stored value.
  let zeroOffset: UInt8
  /// Whether there is the same for codes of eight bits.
  var hasEightBits = true

  /// Bits of a code and of a zero.
  public var bits: Int { codes.bits }

  /// The same layout of codes of so many bits, 4 or 8; nil if no program writes that.
  public func holding(bits: Int) -> WordLayout? {
    guard bits != self.bits else { return self }
    guard hasEightBits else { return nil }
    return WordLayout(
      name: name, codes: codes.holding(bits: bits), zeros: zeros.holding(bits: bits),
      hasTransposedScales: hasTransposedScales, zeroOffset: zeroOffset)
  }
}

extension WordLayout {
  /// AutoAWQ's GEMM layout (casper-hansen/AutoAWQ `awq/modules/linear/gemm.py`, order from `packing_utils.py`): codes
  /// `[in, out/8]`, zeros `[groups, out/8]`, scales `[groups, out]`.
  public static let awqGEMM = WordLayout(
    name: "awq_u4", codes: .awq, zeros: .awq, hasTransposedScales: true, zeroOffset: 0, hasEightBits: false)

  /// pack-quantized of compressed-tensors (`compressors/pack_quantized`), which stores q − 8 and z − 8 with 8 added again
  /// (128 of eight bits): codes `[out, in/8]`, zeros `[out/8, groups]`, scales `[out, groups]`.
  public static let packQuantized = WordLayout(
    name: "pack-quantized", codes: CodePacking(along: .columns, isTransposed: false),
    zeros: CodePacking(along: .rows, isTransposed: false), hasTransposedScales: false, zeroOffset: 0)

  /// GPTQ as GPTQModel computes with it: codes `[in/8, out]`, zeros `[groups, out/8]`, scales `[groups, out]`.
  public static let gptqV2 = gptq("gptq_v2", zeroOffset: 0)

  /// GPTQ as AutoGPTQ stored it first: zeros less one, so that 0 cannot be stored.
  public static let gptqV1 = gptq("gptq", zeroOffset: 1)

  private static func gptq(_ name: String, zeroOffset: UInt8) -> WordLayout {
    WordLayout(
      name: name, codes: CodePacking(along: .columns, isTransposed: true),
      zeros: CodePacking(along: .rows, isTransposed: true), hasTransposedScales: true, zeroOffset: zeroOffset)
  }
}

extension CodePacking {
  /// Eight neighbouring outputs in a word, even ones in its lower half.
  static let awq = CodePacking(along: .rows, isTransposed: true, order: [0, 2, 4, 6, 1, 3, 5, 7])
}

/// A linear in one of the layouts of `WordLayout`.
public struct LinearWords: Sendable, Equatable {
  /// See `CodePacking.wordShape`.
  public let codes: [UInt32]
  /// Likewise.
  public let zeros: [UInt32]
  /// In the order of the layout.
  public let scales: [Float16]
}

extension QuantizedLinear {
  /// The same linear in `layout`, which has its bits and must be able to hold its zeros; see `WordLayout.zerosFit`.
  public func words(in layout: WordLayout) -> LinearWords {
    precondition(layout.bits == scheme.bits, "codes of other bits")
    return LinearWords(
      codes: layout.codes.pack(codes, rows: outFeatures, columns: inFeatures),
      zeros: layout.zeros.pack(zeros.map { $0 &- layout.zeroOffset }, rows: outFeatures, columns: groupsPerRow),
      scales: layout.hasTransposedScales ? scales.transposed(rows: outFeatures) : scales)
  }

  /// A linear read from `layout`; the arrays' sizes must fit the features.
  public init(
    _ words: LinearWords, in layout: WordLayout, outFeatures: Int, inFeatures: Int, scheme: QuantizationScheme
  ) {
    let groups = inFeatures / scheme.groupSize
    self.init(
      outFeatures: outFeatures, inFeatures: inFeatures, scheme: scheme,
      codes: layout.codes.unpack(words.codes, rows: outFeatures, columns: inFeatures),
      zeros: layout.zeros.unpack(words.zeros, rows: outFeatures, columns: groups).map { $0 &+ layout.zeroOffset },
      scales: layout.hasTransposedScales ? words.scales.transposed(rows: groups) : words.scales)
  }
}

extension WordLayout {
  /// Shapes of codes and zeros, in words, and of scales.
  public func shapes(
    outFeatures: Int, inFeatures: Int, scheme: QuantizationScheme
  ) -> (codes: Shape, zeros: Shape, scales: Shape) {
    let groups = inFeatures / scheme.groupSize
    return (
      codes.wordShape(rows: outFeatures, columns: inFeatures), zeros.wordShape(rows: outFeatures, columns: groups),
      hasTransposedScales ? [groups, outFeatures] : [outFeatures, groups]
    )
  }

  /// Whether the layout can hold the zeros of `linear`: with an offset of one there is none of 0.
  public func zerosFit(_ linear: QuantizedLinear) -> Bool { linear.zeros.allSatisfy { $0 >= zeroOffset } }

  /// Whether a linear of this size fills whole words.
  public func fits(outFeatures: Int, inFeatures: Int) -> Bool {
    let isWhole = outFeatures % zeros.valueCount == 0 || !zeros.isTransposed
    return isWhole && inFeatures % codes.valueCount == 0
  }
}

extension Array where Element: BitwiseCopyable {
  /// A matrix of so many rows, column by column.
  func transposed(rows: Int) -> [Element] {
    let columns = rows > 0 ? count / rows : 0
    var values = self
    for row in 0..<rows {
      for column in 0..<columns { values[column * rows + row] = self[row * columns + column] }
    }
    return values
  }
}

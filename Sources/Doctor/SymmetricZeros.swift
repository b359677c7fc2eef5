// Zeros of a model that calls itself symmetric: loaders that take its word do not look at them.
internal import JSON
internal import Safetensors
internal import Tensors

/// The zeros that a linear's tensor must hold where config.json says so: the middle of the levels, in GPTQ's first version
/// by one less.
struct SymmetricZeros {
  /// Eight of them, or four of eight bits.
  private let word: UInt32
  /// What they are if the other version is meant.
  private let otherWord: UInt32
  private let isSecond: Bool
  /// Whether the last of a column of words holds nothing but values.
  private let fillsWords: Bool

  /// Words of the middle of the levels, and of one less.
  private static let words: [Int: (middle: UInt32, less: UInt32)] = [
    4: (0x8888_8888, 0x7777_7777), 8: (0x8080_8080, 0x7f7f_7f7f),
  ]

  /// Nil if config.json does not say so of `linear`, or it is of another layout.
  init?(_ stated: StatedQuantization, _ linear: QuantizedLinear) {
    guard let bits = linear.bits, let (middle, less) = Self.words[bits], let outFeatures = linear.outFeatures else {
      return nil
    }
    fillsWords = outFeatures * bits % 32 == 0
    switch (linear.layout, stated.layout) {
    case (.packed, .packed):
      let groups = stated.packedGroups(of: linear)
      guard !groups.isEmpty, groups.allSatisfy({ $0["symmetric"]?.boolValue != false }) else { return nil }
      // They need not be there, and have no versions.
      (word, otherWord, isSecond) = (middle, middle, true)
    case (.gptq, .gptq):
      guard stated.value["sym"]?.boolValue == true else { return nil }
      isSecond = stated.hasPlainZeros
      (word, otherWord) = isSecond ? (middle, less) : (less, middle)
    default: return nil
    }
  }

  /// What is wrong with the zeros in `view`. Where outputs fill no whole words, the rest of a word is anything, and nothing
  /// is said.
  func finding(_ view: TensorView) -> Finding? {
    guard view.info.dtype == .int32, fillsWords else { return nil }
    let count = view.info.shape.elementCount
    var (others, swapped) = (0, 0)
    view.withBytes { bytes in
      for index in 0..<count {
        let found = unsafe UInt32(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
        if found == word { continue }
        if found == otherWord { swapped += 1 } else { others += 1 }
      }
    }
    guard others + swapped > 0 else { return nil }
    guard swapped < count else {
      return Finding(
        "V203", .warning, view.info.name,
        "zeros are those of \(isSecond ? "checkpoint_format gptq" : "checkpoint_format gptq_v2"): programs that read them "
          + "are one step off, vLLM 0.33 does not", do: "correct checkpoint_format in config.json", topic: "version")
    }
    return Finding(
      "V202", .error, view.info.name,
      "\(others + swapped) of \(count) words hold other zeros than a symmetric model's, which vLLM 0.33 takes for granted",
      do: "set sym to false, or quantize again", topic: "zeros")
  }
}

// Zeros of a model that calls itself symmetric: loaders that take its word do not look at them.
internal import JSON
internal import Safetensors
internal import Tensors

/// The zeros that tensors must hold where config.json says so: the middle of the levels, in GPTQ's first version by one
/// less.
struct SymmetricZeros {
  /// Eight of them, or four of eight bits.
  private let word: UInt32
  /// What they are if the other version is meant.
  private let otherWord: UInt32
  private let isSecond: Bool
  /// What the name of a tensor of zeros ends with.
  let suffix: String

  /// Nil if config.json does not say so, or of another layout.
  init?(_ stated: StatedQuantization) {
    if stated.isSymmetricInFourBits {
      // They need not be there, and have no versions.
      (word, otherWord, isSecond, suffix) = (0x8888_8888, 0x8888_8888, true, ".weight_zero_point")
      return
    }
    suffix = ".qzeros"
    guard stated.layout == .gptq, stated.value["sym"]?.boolValue == true, let bits = stated.bits, [4, 8].contains(bits)
    else { return nil }
    isSecond =
      stated.value["checkpoint_format"]?.stringValue == "gptq_v2"
      || stated.value["packing_format"]?.stringValue == "auto_round"
    let (middle, less): (UInt32, UInt32) = bits == 4 ? (0x8888_8888, 0x7777_7777) : (0x8080_8080, 0x7f7f_7f7f)
    (word, otherWord) = isSecond ? (middle, less) : (less, middle)
  }

  /// - Parameter outFeatures: Of the linear; nil if its scales do not say. Where they fill no whole words, the rest of a word
  ///   is anything, and nothing is said.
  func finding(_ view: TensorView, outFeatures: Int?) -> Finding? {
    guard view.info.dtype == .int32, let outFeatures, outFeatures % 8 == 0 else { return nil }
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

extension StatedQuantization {
  /// Whether all of compressed-tensors' groups have four bits and no zeros of their own.
  fileprivate var isSymmetricInFourBits: Bool {
    layout == .packed && !packedGroups.isEmpty
      && packedGroups.allSatisfy { $0["symmetric"]?.boolValue != false && ($0["num_bits"]?.intValue ?? 4) == 4 }
  }
}

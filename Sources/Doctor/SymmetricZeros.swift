// Zeros of a model that calls itself symmetric: loaders that take its word do not look at them.
internal import JSON
internal import Safetensors
internal import Tensors

/// The zeros that GPTQ's tensors must hold where config.json says `sym`: the middle of the levels, by one less in the
/// first version of the format.
struct SymmetricZeros {
  /// Eight of them, or four of eight bits.
  private let word: UInt32
  /// What they are if the other version is meant.
  private let otherWord: UInt32
  private let isSecond: Bool

  /// Nil if config.json does not say so, or of another layout.
  init?(_ stated: StatedQuantization) {
    guard stated.layout == .gptq, stated.value["sym"]?.boolValue == true, let bits = stated.bits, [4, 8].contains(bits)
    else { return nil }
    isSecond =
      stated.value["checkpoint_format"]?.stringValue == "gptq_v2"
      || stated.value["packing_format"]?.stringValue == "auto_round"
    let (middle, less): (UInt32, UInt32) = bits == 4 ? (0x8888_8888, 0x7777_7777) : (0x8080_8080, 0x7f7f_7f7f)
    (word, otherWord) = isSecond ? (middle, less) : (less, middle)
  }

  func finding(_ view: TensorView) -> Finding? {
    guard view.info.dtype == .int32 else { return nil }
    let count = view.info.shape.elementCount
    var (others, swapped) = (0, 0)
    view.withBytes { bytes in
      for index in 0..<count {
        let found = unsafe UInt32(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
        if found == otherWord { swapped += 1 } else if found != word { others += 1 }
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

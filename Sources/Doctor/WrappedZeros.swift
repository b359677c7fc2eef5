// Zeros of GPTQ's first version that wrapped around when one was taken off.
internal import Safetensors
internal import Tensors

/// The zeros of a linear whose words hold them less one. A zero of 0 is stored as the largest number then, and what that
/// did to its neighbours in the word only the tool knows that wrote it.
struct WrappedZeros {
  private let bits: Int

  /// Nil if zeros stand as they are, or `linear` is of another layout.
  init?(_ stated: StatedQuantization, _ linear: QuantizedLinear) {
    guard linear.layout == .gptq, stated.layout == .gptq, !stated.hasPlainZeros, let bits = linear.bits,
      [4, 8].contains(bits), let outFeatures = linear.outFeatures, outFeatures * bits % 32 == 0
    else { return nil }
    self.bits = bits
  }

  /// What is wrong with the zeros in `view`.
  func finding(_ view: TensorView) -> Finding? {
    guard view.info.dtype == .int32 else { return nil }
    let count = view.info.shape.elementCount, largest = UInt32(1) << bits - 1
    var wrapped = 0
    view.withBytes { bytes in
      for index in 0..<count {
        let word = unsafe UInt32(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
        for shift in stride(from: 0, to: 32, by: bits) where word >> shift & largest == largest { wrapped += 1 }
      }
    }
    guard wrapped > 0 else { return nil }
    return Finding(
      "V204", .error, view.info.name,
      "\(wrapped) of \(count * 32 / bits) zeros are \(largest), which stands for a zero of 0 that wrapped around",
      do: "save it as checkpoint_format gptq_v2 with the tool that wrote it", topic: "wrapped")
  }
}

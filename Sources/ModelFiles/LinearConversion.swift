// What becomes of the quantized linears of a model in another layout, which may have no place for them as they are.
internal import Basics
internal import ModelConfig
internal import Quantization
internal import Tensors

/// What becomes of a quantized linear.
enum LinearConversion: Equatable {
  /// Its own codes and zeros.
  case kept
  /// Codes rounded once more, plainly.
  case rounded(QuantizationScheme)
  /// A matrix of half precision.
  case half
}

/// Decides it for a model and a layout.
struct LinearConversions {
  let source: ModelFile
  let format: CheckpointFormat
  /// Input features that share a scale in all quantized linears of the output.
  let groupSize: Int
  /// Whether what the layout has no place for may be rounded once more.
  let requantizes: Bool
  /// Whether config.json says already how the output stores its linears.
  let keepsConfig: Bool

  /// What becomes of `tensor`; nil if it is not quantized.
  /// - Throws: `ModelFilesError.unsupported` if it has bits or a size that the layout does not hold, or stands where
  ///   config.json cannot say so, and may not be rounded.
  func conversion(of tensor: StoredTensor) throws(ModelFilesError) -> LinearConversion? {
    guard let bits = tensor.codeBits else { return nil }
    let hasPlace = bits == 4 || format.takesEightBits, isInDecoder = source.isInDecoderLayers(tensor)
    guard hasPlace || requantizes else { throw unsupported(bitsWithoutPlace(tensor, bits, isInDecoder: isInDecoder)) }
    // Loaders keep the others in 16 bit.
    guard isInDecoder || keepsConfig || bits == 8 && hasPlace else {
      guard requantizes else {
        throw unsupported(
          "int4 tensor '\(tensor.name.displayed)' is no linear of a decoder layer; loaders of \(format.name) keep the "
            + "others in 16 bit, as --requantize stores them")
      }
      return .half
    }
    let stored = hasPlace ? bits : 4
    guard format.words(bits: stored).fits(outFeatures: tensor.shape[0], inFeatures: tensor.shape[1]) else {
      throw unsupported(
        "int\(bits) tensor '\(tensor.name.displayed)' has the shape \(tensor.shape); in \(format.name) both extents "
          + "are multiples of 8")
    }
    guard !hasPlace || requantizes && tensor.hasActOrder else { return .kept }
    guard let scheme = QuantizationScheme(groupSize: groupSize, codes: stored == 8 ? .int8 : .int4) else {
      preconditionFailure("linears are read in groups that are supported")
    }
    return .rounded(scheme)
  }

  private func bitsWithoutPlace(_ tensor: StoredTensor, _ bits: Int, isInDecoder: Bool) -> String {
    "tensor '\(tensor.name.displayed)' has codes of \(bits) bits, which \(format.name) has no place for; use --to "
      + "\(CheckpointFormat.compressedTensors.name), or --requantize to "
      + (isInDecoder ? "round it to four" : "store it in 16 bit")
  }

  private func unsupported(_ reason: String) -> ModelFilesError { .unsupported(path: source.path, reason: reason) }
}

extension ModelFile {
  /// Whether the forward pass looks for the tensor in the decoder's layers.
  func isInDecoderLayers(_ tensor: StoredTensor) -> Bool {
    WeightNames.canonical(tensor.name, layout: config.layout).allSatisfy {
      $0.name.hasPrefix(DecoderNames.layersPrefix)
    }
  }
}

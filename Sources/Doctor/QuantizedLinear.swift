// What the tensors say of how linears are quantized: their names and shapes are believed, whatever config.json states.
internal import Safetensors
internal import Tensors

/// How a quantized linear is stored.
enum StoredLayout: String, CaseIterable {
  /// qweight `[in, out/8]`, qzeros and scales `[groups, …]`.
  case awq = "AWQ GEMM"
  /// qweight `[in/8, out]`, qzeros and scales `[groups, …]`, perhaps g_idx.
  case gptq = "GPTQ"
  /// weight_packed `[out, in/8]`, weight_scale `[out, groups]`.
  case packed = "compressed-tensors pack-quantized"
  /// A weight with a scale beside it: FP8, INT8.
  case scaled = "weights with scales (FP8 or INT8)"

  /// What the name of the tensor with the codes ends with.
  var codesSuffix: String {
    switch self {
    case .awq, .gptq: ".qweight"
    case .packed: ".weight_packed"
    case .scaled: ".weight"
    }
  }

  /// The same of the zeros.
  var zerosSuffix: String {
    switch self {
    case .awq, .gptq: ".qzeros"
    case .packed, .scaled: ".weight_zero_point"
    }
  }

  /// The same of the scales.
  var scalesSuffix: String {
    switch self {
    case .awq, .gptq: ".scales"
    case .packed, .scaled: ".weight_scale"
    }
  }

  /// What stands beside the codes, and belongs to the linear.
  static let partSuffixes = [
    ".qweight", ".qzeros", ".scales", ".g_idx", ".weight_packed", ".weight_scale", ".weight_shape",
    ".weight_zero_point", ".weight_g_idx", ".weight_scale_inv", ".weight_global_scale", ".input_scale",
    ".input_global_scale",
  ]
}

/// A quantized linear as the headers have it.
struct QuantizedLinear {
  /// As the file names it, without a suffix.
  let module: String
  let layout: StoredLayout
  /// Nil where the shapes do not say.
  let outFeatures: Int?, inFeatures: Int?
  /// Bits of a code; nil where the shapes do not say, or codes are stored in no words.
  var bits: Int?
  /// Scales along the input; nil where the shapes do not say.
  let groupCount: Int?
  /// Type of the scales; nil if there are none.
  let scaleType: DType?
  /// What compressed-tensors' `weight_shape` says; nil if it is not two whole numbers, or not there.
  var storedShape: [Int]?

  /// Input features that share a scale.
  var groupSize: Int? {
    guard let inFeatures, let groupCount, groupCount > 0, inFeatures % groupCount == 0 else { return nil }
    return inFeatures / groupCount
  }
}

/// Codes in words of 32 bits.
enum CodeWords {
  /// Bits of a code that are stored in words.
  static let bits = [2, 3, 4, 8]

  /// Words that hold `count` codes; nil beyond all sizes.
  static func count(of count: Int, bits: Int) -> Int? {
    let (total, overflows) = count.multipliedReportingOverflow(by: bits)
    return overflows || total > Int.max - 31 ? nil : (total + 31) / 32
  }

  /// Bits of each of so many values in so many words; nil if that comes to none that are stored so.
  static func bits(words: Int, values: Int) -> Int? {
    values > 0 ? bits.first { count(of: values, bits: $0) == words } : nil
  }
}

extension SafetensorsCheckpoint {
  /// The quantized linears, in the order of the files.
  var quantizedLinears: [QuantizedLinear] {
    tensors.compactMap { info in
      if let module = info.name.withoutSuffix(".qweight") { return words(module, info) }
      if let module = info.name.withoutSuffix(".weight_packed") { return packed(module, info) }
      if let module = info.name.withoutSuffix(".weight"),
        [".weight_scale", ".weight_scale_inv"].contains(where: {
          contains(module + $0)
        }), info.shape.rank == 2
      {
        return QuantizedLinear(
          module: module, layout: .scaled, outFeatures: info.shape[0], inFeatures: info.shape[1], groupCount: nil,
          scaleType: self.info(module + ".weight_scale")?.dtype)
      }
      return nil
    }
  }

  /// Eight codes a word along the output, or along the input: the length of a row of scales tells.
  private func words(_ module: String, _ codes: TensorInfo) -> QuantizedLinear {
    let scales = info(module + ".scales"), zeros = info(module + ".qzeros")
    guard codes.shape.rank == 2, let scales, scales.shape.rank == 2 else {
      return QuantizedLinear(
        module: module, layout: .awq, outFeatures: nil, inFeatures: nil, groupCount: nil, scaleType: scales?.dtype)
    }
    let (outFeatures, groups) = (scales.shape[1], scales.shape[0])
    let isGPTQ =
      contains(module + ".g_idx") || (codes.shape[1] == outFeatures && zeros.map { $0.shape[1] < outFeatures } ?? true)
    guard isGPTQ else {
      return QuantizedLinear(
        module: module, layout: .awq, outFeatures: outFeatures, inFeatures: codes.shape[0],
        bits: CodeWords.bits(words: codes.shape[1], values: outFeatures), groupCount: groups, scaleType: scales.dtype)
    }
    // A row of qzeros has as many words as a column of qweight for that many inputs: bits times out / 32.
    let zeroWords = zeros.flatMap { $0.shape.rank == 2 ? $0.shape[1] : nil } ?? outFeatures / 8
    let perWord = zeroWords > 0 ? outFeatures / zeroWords : 8
    return QuantizedLinear(
      module: module, layout: .gptq, outFeatures: outFeatures,
      inFeatures: codes.shape[0].multipliedReportingOverflow(by: perWord).partialValue,
      bits: CodeWords.bits(words: zeroWords, values: outFeatures), groupCount: groups, scaleType: scales.dtype)
  }

  private func packed(_ module: String, _ codes: TensorInfo) -> QuantizedLinear {
    let scales = info(module + ".weight_scale")
    let groups = scales.flatMap { $0.shape.rank == 2 ? $0.shape[1] : nil }
    let isInWords = codes.dtype == .int32 && codes.shape.rank == 2, stored = storedShape(module)
    return QuantizedLinear(
      module: module, layout: .packed, outFeatures: isInWords ? codes.shape[0] : nil,
      inFeatures: isInWords
        ? stored?.last ?? codes.shape[1].multipliedReportingOverflow(by: 8).partialValue : nil,
      bits: isInWords ? stored.flatMap { CodeWords.bits(words: codes.shape[1], values: $0[1]) } : nil,
      groupCount: groups, scaleType: scales?.dtype, storedShape: stored)
  }

  /// What `weight_shape` says: two whole numbers.
  private func storedShape(_ module: String) -> [Int]? {
    guard let values = (try? view(module + ".weight_shape"))?.wholeNumbers else { return nil }
    return values.count == 2 && values.allSatisfy { (1...1 << 30).contains($0) } ? values : nil
  }
}

// How a checkpoint directory stores its quantized linears: a value for each layout, and the table of them.
internal import JSON
internal import ModelConfig
internal import Quantization
internal import Safetensors
internal import Tensors

/// A layout of quantized linears in safetensors checkpoints.
public struct CheckpointFormat: Sendable {
  /// What it is called on the command line and in reports.
  public let name: String
  /// Whether a model without quantized linears can be written in it: its config.json need not be changed.
  let takesAnyModel: Bool
  /// What the name of the tensor with a linear's codes ends with: readers take the linear for quantized because of it.
  let codesSuffix: String
  /// The tensors of a linear `[outFeatures, inFeatures]`, what their names end with instead of `.weight`.
  let parts: @Sendable (_ outFeatures: Int, _ inFeatures: Int, QuantizationScheme) -> [Part]
  /// The bytes of these tensors, in their order.
  let bytes: @Sendable (QuantizedLinear, _ write: (RawSpan) throws -> Void) throws -> Void
  /// config.json of the checkpoint of a quantized model, of which `skipped` linears of the decoder are not quantized; nil
  /// if it stays what it was.
  let config: (@Sendable (ModelConfig, _ groupSize: Int, _ skipped: [String]) -> JSONValue)?

  /// A tensor of a linear.
  struct Part: Sendable {
    let suffix: String
    let dtype: DType
    let shape: Shape
  }
}

extension CheckpointFormat: CaseIterable {
  /// The table.
  public static let allCases = [awq, compressedTensors]

  /// AWQ GEMM: read by vLLM, and by transformers with AutoAWQ's kernels.
  public static let awq = CheckpointFormat(
    name: "awq", takesAnyModel: true, codesSuffix: ".qweight",
    parts: { outFeatures, inFeatures, scheme in
      let words = outFeatures / AWQPacking.packFactor, groups = inFeatures / scheme.groupSize
      return [
        Part(suffix: ".qweight", dtype: .int32, shape: [inFeatures, words]),
        Part(suffix: ".qzeros", dtype: .int32, shape: [groups, words]),
        Part(suffix: ".scales", dtype: .float16, shape: [groups, outFeatures]),
      ]
    },
    bytes: { linear, write in
      let parts = linear.awqTensors
      try write(unsafe parts.qweight.span.bytes)
      try write(unsafe parts.qzeros.span.bytes)
      try write(unsafe parts.scales.span.bytes)
    },
    config: nil)

  /// compressed-tensors, pack-quantized: read by vLLM and transformers with compressed-tensors.
  public static let compressedTensors = CheckpointFormat(
    name: "compressed-tensors", takesAnyModel: false, codesSuffix: ".weight_packed",
    parts: { outFeatures, inFeatures, scheme in
      let factor = QuantizedLinear.packFactor, groups = inFeatures / scheme.groupSize
      return [
        Part(suffix: ".weight_packed", dtype: .int32, shape: [outFeatures, inFeatures / factor]),
        Part(suffix: ".weight_scale", dtype: .float16, shape: [outFeatures, groups]),
        Part(suffix: ".weight_shape", dtype: .int64, shape: [2]),
        Part(suffix: ".weight_zero_point", dtype: .int32, shape: [(outFeatures + factor - 1) / factor, groups]),
      ]
    },
    bytes: { linear, write in
      let parts = linear.packQuantized, shape = [Int64(linear.outFeatures), Int64(linear.inFeatures)]
      try write(unsafe parts.packed.span.bytes)
      try write(unsafe parts.scales.span.bytes)
      try write(unsafe shape.span.bytes)
      try write(unsafe parts.zeroPoints.span.bytes)
    },
    config: { CompressedTensorsConfig(config: $0, groupSize: $1, skippedLinears: $2).document })
}

extension CheckpointFormat: Equatable {
  public static func == (a: CheckpointFormat, b: CheckpointFormat) -> Bool { a.name == b.name }
}

extension CheckpointFormat: CustomStringConvertible {
  public var description: String { name }
}

extension CheckpointFormat {
  /// The tensors of a linear whose plain weight would be called `weight`.
  func tensors(weight: String, outFeatures: Int, inFeatures: Int, scheme: QuantizationScheme) -> [TensorInfo] {
    let module = weight.removingSuffix(".weight") ?? weight
    return parts(outFeatures, inFeatures, scheme).map {
      TensorInfo(name: module + $0.suffix, dtype: $0.dtype, shape: $0.shape)
    }
  }
}

extension SafetensorsCheckpointWriter {
  /// Writes the tensors of a linear whose plain weight would be called `weight`.
  mutating func write(_ linear: QuantizedLinear, weight: String, as format: CheckpointFormat) throws {
    var names = format.tensors(
      weight: weight, outFeatures: linear.outFeatures, inFeatures: linear.inFeatures, scheme: linear.scheme
    ).map(\.name)[...]
    try format.bytes(linear) { bytes in
      if let name = names.popFirst() { try write(bytes, of: name) }
    }
  }
}

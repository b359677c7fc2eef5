// How a checkpoint directory stores its quantized linears.
internal import Basics
internal import JSON
internal import ModelConfig
internal import Quantization
internal import Safetensors
internal import Tensors

/// The layouts of quantized linears in safetensors checkpoints.
public enum CheckpointFormat: String, Sendable, CaseIterable {
  /// AWQ GEMM: read by vLLM, lmdeploy and transformers with AutoAWQ's kernels.
  case awq
  /// compressed-tensors, pack-quantized: read by vLLM and transformers with compressed-tensors.
  case compressedTensors = "compressed-tensors"
}

extension CheckpointFormat {
  /// What the name of the tensor with a linear's codes ends with: readers take the linear for quantized because of it.
  fileprivate var codesSuffix: String {
    switch self {
    case .awq: ".qweight"
    case .compressedTensors: ".weight_packed"
    }
  }

  /// The tensors of a linear whose plain weight would be called `weight`.
  func tensors(weight: String, outFeatures: Int, inFeatures: Int, scheme: QuantizationScheme) -> [TensorInfo] {
    let module = weight.removingSuffix(".weight") ?? weight
    let groups = inFeatures / scheme.groupSize
    switch self {
    case .awq:
      let words = outFeatures / AWQPacking.packFactor
      return [
        TensorInfo(name: module + ".qweight", dtype: .int32, shape: [inFeatures, words]),
        TensorInfo(name: module + ".qzeros", dtype: .int32, shape: [groups, words]),
        TensorInfo(name: module + ".scales", dtype: .float16, shape: [groups, outFeatures]),
      ]
    case .compressedTensors:
      let factor = QuantizedLinear.packFactor
      return [
        TensorInfo(name: module + ".weight_packed", dtype: .int32, shape: [outFeatures, inFeatures / factor]),
        TensorInfo(name: module + ".weight_scale", dtype: .float16, shape: [outFeatures, groups]),
        TensorInfo(name: module + ".weight_shape", dtype: .int64, shape: [2]),
        TensorInfo(
          name: module + ".weight_zero_point", dtype: .int32, shape: [(outFeatures + factor - 1) / factor, groups]),
      ]
    }
  }
}

extension ModelFile {
  /// Checks that every tensor would come back under its name from a quantized checkpoint.
  /// - Throws: `ModelFilesError.unsupported` with the first that would not: a plain tensor that readers would take for
  ///   codes, or a quantized one that is no `….weight`.
  public func requireNames(for format: CheckpointFormat) throws(ModelFilesError) {
    for tensor in tensors {
      let isDense = if case .dense = tensor.encoding { true } else { false }
      if isDense, tensor.name.hasSuffix(format.codesSuffix) {
        throw .unsupported(
          path: path,
          reason: "tensor '\(tensor.name.displayed)' is a plain one, but readers of a quantized checkpoint would "
            + "take it for int4 codes; rename it or take it away")
      }
      if !isDense, !tensor.name.hasSuffix(".weight") {
        throw .unsupported(
          path: path,
          reason: "int4 tensor '\(tensor.name.displayed)' is not called ….weight, as a checkpoint's linears are; "
            + "rename it")
      }
    }
  }
}

extension SafetensorsCheckpointWriter {
  /// Writes the tensors of a linear whose plain weight would be called `weight`, in the order of `tensors`.
  mutating func write(_ linear: QuantizedLinear, weight: String, as format: CheckpointFormat) throws {
    let names = format.tensors(
      weight: weight, outFeatures: linear.outFeatures, inFeatures: linear.inFeatures, scheme: linear.scheme
    ).map(\.name)
    switch format {
    case .awq:
      let parts = linear.awqTensors
      try write(unsafe parts.qweight.span.bytes, of: names[0])
      try write(unsafe parts.qzeros.span.bytes, of: names[1])
      try write(unsafe parts.scales.span.bytes, of: names[2])
    case .compressedTensors:
      let parts = linear.packQuantized
      let shape = [Int64(linear.outFeatures), Int64(linear.inFeatures)]
      try write(unsafe parts.packed.span.bytes, of: names[0])
      try write(unsafe parts.scales.span.bytes, of: names[1])
      try write(unsafe shape.span.bytes, of: names[2])
      try write(unsafe parts.zeroPoints.span.bytes, of: names[3])
    }
  }
}

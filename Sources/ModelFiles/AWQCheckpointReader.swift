// Takes the three tensors of every quantized linear of an AWQ checkpoint together.
internal import Basics
internal import ModelConfig
internal import Quantization
internal import Safetensors
internal import Tensors

/// Reads the tensors of a checkpoint, quantized or not.
struct AWQCheckpointReader {
  private let checkpoint: SafetensorsCheckpoint
  private let quantization: QuantizationConfig?

  init(_ checkpoint: SafetensorsCheckpoint, quantization: QuantizationConfig?) {
    self.checkpoint = checkpoint
    self.quantization = quantization
  }

  /// All tensors in file order; a quantized linear stands where its qweight stands, under the name of its weight.
  func tensors() throws -> [StoredTensor] {
    try requireOneWeightPerLinear()
    guard let quantization else {
      return try checkpoint.tensors.map { StoredTensor(name: $0.name, content: .dense(try checkpoint.view($0.name))) }
    }
    guard let scheme = QuantizationScheme(groupSize: quantization.groupSize) else {
      throw ModelFilesError.unsupported(
        path: checkpoint.path, reason: "group size \(quantization.groupSize) is not supported; use 32, 64 or 128")
    }
    return try checkpoint.tensors.compactMap { info in
      if let module = info.name.removingSuffix(".qweight") { return try linear(module, scheme) }
      if let module = info.name.removingSuffix(".qzeros") ?? info.name.removingSuffix(".scales"),
        checkpoint.contains(module + ".qweight")
      {
        return nil
      }
      return StoredTensor(name: info.name, content: .dense(try checkpoint.view(info.name)))
    }
  }

  /// Some programs would take the one, some the other.
  private func requireOneWeightPerLinear() throws(ModelFilesError) {
    for info in checkpoint.tensors {
      guard let plain = info.name.removingSuffix(".qweight").map({ $0 + ".weight" }), checkpoint.contains(plain) else {
        continue
      }
      throw .contradictoryWeights(path: checkpoint.path, .storedTwice(first: info.name, second: plain))
    }
  }

  private func linear(_ module: String, _ scheme: QuantizationScheme) throws -> StoredTensor {
    for part in [".qzeros", ".scales"] where !checkpoint.contains(module + part) {
      throw ModelFilesError.incompleteLinear(path: checkpoint.path, module: module, missing: module + part)
    }
    let parts = try [".qweight", ".qzeros", ".scales"].map { try checkpoint.view(module + $0) }
    if parts[2].info.dtype == .bfloat16 {
      throw ModelFilesError.unsupported(
        path: checkpoint.path,
        reason:
          "tensor '\((module + ".scales").displayed)': scales are BF16; only F16 is read: convert them, if no value "
          + "leaves the range of half precision")
    }
    guard let matrix = AWQGEMMMatrix(qweight: parts[0], qzeros: parts[1], scales: parts[2], scheme: scheme) else {
      throw ModelFilesError.wrongShape(
        path: checkpoint.path, name: module + ".qweight",
        expected: "I32 [in, out/8] with qzeros I32 [in/\(scheme.groupSize), out/8] and scales F16 "
          + "[in/\(scheme.groupSize), out]",
        found: parts.map { "\($0.info.dtype.rawValue) \($0.info.shape)" }.joined(separator: ", "))
    }
    return StoredTensor(name: module + ".weight", content: .int4(matrix))
  }
}

// From a .skyq file back to the checkpoint it was packed from: the same tensors byte for byte.
internal import ModelConfig
internal import Quantization
internal import Safetensors
internal import Storage
internal import Tensors

/// Writes the AWQ checkpoint that a .skyq file holds.
public struct CheckpointExporter {
  private let source: ModelFile

  /// An exporter of `source`.
  public init(_ source: ModelFile) { self.source = source }

  /// Writes the directory `path`: shards, index, and every carried file.
  ///
  /// qweight, qzeros and scales are those of the packed checkpoint, bit by bit; shards may be cut elsewhere.
  /// - Parameter onTensor: Called with the number of tensors done and of all.
  /// - Throws: `StorageError`, `SafetensorsError`; then nothing has the directory's name.
  public func export(to path: String, overwriting: Bool, onTensor: (Int, Int) -> Void) throws {
    let plan: ShardPlan
    do throws(SafetensorsError.Reason) {
      plan = try ShardPlan(tensors: source.tensors.flatMap(\.checkpointTensors), metadata: ["format": "pt"])
    } catch {
      throw SafetensorsError(path: path, reason: error)
    }
    var writer = try SafetensorsCheckpointWriter(plan, in: StagedDirectory(path: path, overwriting: overwriting))
    for (index, tensor) in source.tensors.enumerated() {
      try writer.write(tensor)
      tensor.release()
      onTensor(index + 1, source.tensors.count)
    }
    let directory = try writer.finish()
    for name in source.files.names where CarriedFiles.includes(name) {
      if let bytes = try source.files.bytes(of: name) { try directory.write(bytes, to: name) }
    }
    try directory.commit()
  }
}

extension StoredTensor {
  /// The tensors that hold this one in an AWQ checkpoint.
  var checkpointTensors: [TensorInfo] {
    switch content {
    case .dense(let view): [TensorInfo(name: name, dtype: view.info.dtype, shape: view.info.shape)]
    case .int4(let packed):
      AWQLayout.tensors(weight: name, outFeatures: packed.rows, inFeatures: packed.columns, scheme: packed.scheme)
    }
  }
}

extension SafetensorsCheckpointWriter {
  /// Writes the tensors that hold `tensor` in an AWQ checkpoint.
  mutating func write(_ tensor: StoredTensor) throws {
    switch tensor.content {
    case .dense(let view): try view.withBytes { try write($0, of: tensor.name) }
    case .int4(let packed): try write(packed.unpacked(), weight: tensor.name)
    }
  }

  /// Writes the three tensors of a quantized linear whose plain weight would be called `weight`.
  mutating func write(_ linear: QuantizedLinear, weight: String) throws {
    let parts = linear.awqTensors
    let names = AWQLayout.tensors(
      weight: weight, outFeatures: linear.outFeatures, inFeatures: linear.inFeatures, scheme: linear.scheme
    ).map(\.name)
    try write(unsafe parts.qweight.span.bytes, of: names[0])
    try write(unsafe parts.qzeros.span.bytes, of: names[1])
    try write(unsafe parts.scales.span.bytes, of: names[2])
  }
}

/// Names and shapes of a quantized linear in an AWQ checkpoint.
enum AWQLayout {
  /// qweight, qzeros and scales of the linear whose plain weight would be called `weight`.
  static func tensors(weight: String, outFeatures: Int, inFeatures: Int, scheme: QuantizationScheme) -> [TensorInfo] {
    let module = weight.removingSuffix(".weight") ?? weight
    let groups = inFeatures / scheme.groupSize
    let words = outFeatures / AWQPacking.packFactor
    return [
      TensorInfo(name: module + ".qweight", dtype: .int32, shape: [inFeatures, words]),
      TensorInfo(name: module + ".qzeros", dtype: .int32, shape: [groups, words]),
      TensorInfo(name: module + ".scales", dtype: .float16, shape: [groups, outFeatures]),
    ]
  }
}

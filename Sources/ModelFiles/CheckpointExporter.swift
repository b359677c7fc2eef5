// From a quantized model, packed or not, to a checkpoint directory in one of the layouts of `CheckpointFormat`.
internal import Basics
internal import JSON
internal import ModelConfig
internal import Quantization
internal import Safetensors
internal import Storage
internal import Tensors

/// Writes a model as a checkpoint directory.
public struct CheckpointExporter {
  private let source: ModelFile
  private let format: CheckpointFormat

  /// An exporter of `source`.
  /// - Throws: `ModelFilesError.unsupported` if the model is not quantized and `format` is not its own,
  ///   or a tensor has a name that would mean something else in the layout, or a packed file does.
  public init(_ source: ModelFile, as format: CheckpointFormat = .awq) throws {
    guard format.takesAnyModel || source.config.quantization != nil else {
      throw ModelFilesError.unsupported(
        path: source.path, reason: "is not quantized; `skyquant quantize` does that")
    }
    if source.config.quantization != nil { try source.requireNames(for: format) }
    if source.kind == .skyq, let name = source.files.names.first(where: { FileRole($0).staysBehind }) {
      throw ModelFilesError.unsupported(
        path: source.path,
        reason: "the file '\(name.displayed)' in it would lie among the files of weights, whose names end so; "
          + "it can only be had with `skyquant extract --file`")
    }
    self.source = source
    self.format = format
  }

  /// Writes the directory `path`: shards, index, and every carried file.
  ///
  /// As AWQ, tensors and files are those of the packed checkpoint, bit by bit; shards may be cut elsewhere. As
  /// compressed-tensors, codes, zeros and scales are the same numbers in another order, and config.json says so.
  /// - Parameter onTensor: Called with the number of tensors done and of all; what it throws ends the export.
  /// - Throws: `StorageError`, `SafetensorsError`; then nothing has the directory's name.
  public func export(to path: String, overwriting: Bool, onTensor: (Int, Int) throws -> Void) throws {
    let plan: ShardPlan
    do throws(SafetensorsError.Reason) {
      plan = try ShardPlan(tensors: source.tensors.flatMap { $0.tensors(in: format) }, metadata: ["format": "pt"])
    } catch {
      throw SafetensorsError(path: path, reason: error)
    }
    var writer = try SafetensorsCheckpointWriter(
      plan,
      in: StagedDirectory(
        path: path, overwriting: overwriting, permissions: source.permissions,
        byteCount: plan.fileByteCount + (try source.carriedByteCount), largestFile: plan.largestFileByteCount))
    for (index, tensor) in source.tensors.enumerated() {
      try writer.write(tensor, as: format)
      tensor.release()
      try onTensor(index + 1, source.tensors.count)
    }
    var directory = try writer.finish()
    for name in source.carried.names {
      if let bytes = try file(name) { try directory.write(bytes, to: name) }
    }
    try directory.commit()
  }

  private func file(_ name: String) throws -> [UInt8]? {
    guard name == "config.json", let config = format.config, let quantization = source.config.quantization else {
      return try source.files.bytes(of: name)
    }
    let document = config(source.config, quantization.groupSize, skippedLinears)
    return try document.serialized(.pretty) + [UInt8(ascii: "\n")]
  }

  /// Linears of the decoder layers that are not int4, by their module names in the file.
  private var skippedLinears: [String] {
    source.tensors.compactMap { tensor in
      guard case .dense = tensor.encoding, tensor.shape.rank == 2,
        WeightNames.canonical(tensor.name, layout: source.config.layout).allSatisfy({
          $0.name.hasPrefix(DecoderNames.layersPrefix)
        })
      else { return nil }
      return tensor.name.removingSuffix(".weight")
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

extension StoredTensor {
  /// The tensors that hold this one in a checkpoint.
  fileprivate func tensors(in format: CheckpointFormat) -> [TensorInfo] {
    switch encoding {
    case .dense(let dtype): [TensorInfo(name: name, dtype: dtype, shape: shape)]
    case .int4(let scheme):
      format.tensors(weight: name, outFeatures: shape[0], inFeatures: shape[1], scheme: scheme)
    }
  }
}

extension SafetensorsCheckpointWriter {
  /// Writes the tensors that hold `tensor`.
  mutating func write(_ tensor: StoredTensor, as format: CheckpointFormat) throws {
    switch try tensor.content {
    case .dense(let view): try view.withBytes { try write($0, of: tensor.name) }
    case .int4(let packed): try write(packed.unpacked(), weight: tensor.name, as: format)
    }
  }
}

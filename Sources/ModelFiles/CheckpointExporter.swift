// From a quantized model, packed or not, to a checkpoint directory in one of the layouts of `CheckpointFormat`.
internal import Basics
internal import JSON
internal import ModelCards
internal import ModelConfig
internal import Quantization
internal import Safetensors
internal import Storage
internal import Tensors

/// Writes a model as a checkpoint directory.
public struct CheckpointExporter {
  private let source: ModelFile
  private let format: CheckpointFormat
  /// Groups of all int4 linears in the output; nil if there are none.
  private let scheme: QuantizationScheme?
  /// How much wider the MLPs of the output are; nil if they are not.
  public let widening: WidenedMLP?

  /// An exporter of `source`.
  /// - Parameter devices: How many must be able to share the MLPs, which are widened for that; nil to leave them alone.
  /// - Throws: `ModelFilesError.unsupported` if the model is not quantized and `format` is not its own or it is to be widened,
  ///   or a tensor has a name that would mean something else in the layout, or a size or place that it has none for, or a
  ///   packed file does.
  public init(_ source: ModelFile, as format: CheckpointFormat = .awq, sharedBy devices: Int? = nil) throws {
    guard format.takesAnyModel || source.config.quantization != nil else {
      throw ModelFilesError.unsupported(
        path: source.path, reason: "is not quantized; `skyquant quantize` does that")
    }
    if source.config.quantization != nil { try source.requireNames() }
    if source.kind == .skyq, let name = source.files.names.first(where: { FileRole($0).staysBehind }) {
      throw ModelFilesError.unsupported(
        path: source.path,
        reason: "the file '\(name.displayed)' in it would lie among the files of weights, whose names end so; "
          + "it can only be had with `skyquant extract --file`")
    }
    self.source = source
    self.format = format
    let scheme = source.int4Scheme
    guard devices == nil || scheme != nil else {
      throw ModelFilesError.unsupported(
        path: source.path, reason: "has no int4 linear whose groups devices would share; quantize first, then widen")
    }
    self.scheme = scheme
    widening = devices.flatMap { devices in
      scheme.flatMap { WidenedMLP(source.config, scheme: $0, devices: devices) }
    }
    try requirePlaces()
  }

  /// Writes the directory `path`: shards, index, and every carried file.
  ///
  /// Codes, zeros and scales are the same numbers in the layout's order. If that is the model's own layout, tensors and
  /// files are those of the packed checkpoint, bit by bit, and only the shards may be cut elsewhere; else config.json says
  /// how the linears are stored now, and how wide the MLPs are.
  /// - Parameter onTensor: Called with the number of tensors done and of all; what it throws ends the export.
  /// - Throws: `QuantizationError` and `ModelFilesError` for values that the layout has none for, `StorageError`,
  ///   `SafetensorsError`; then nothing has the directory's name.
  public func export(to path: String, overwriting: Bool, onTensor: (Int, Int) throws -> Void) throws {
    let tensors = try source.tensors.flatMap { try outputs($0) }
    let plan: ShardPlan
    do throws(SafetensorsError.Reason) {
      plan = try ShardPlan(tensors: tensors, metadata: ["format": "pt"])
    } catch {
      throw SafetensorsError(path: path, reason: error)
    }
    var writer = try SafetensorsCheckpointWriter(
      plan,
      in: StagedDirectory(
        path: path, overwriting: overwriting, permissions: source.permissions,
        byteCount: plan.fileByteCount + (try source.carriedByteCount), largestFile: plan.largestFileByteCount))
    var isSymmetric = true
    for (index, tensor) in source.tensors.enumerated() {
      switch try tensor.content {
      case .dense(let view):
        if let padding = try padding(of: tensor) {
          try writer.write(unsafe padding.padded(view).span.bytes, of: tensor.name)
        } else {
          try view.withBytes { try writer.write($0, of: tensor.name) }
        }
      case .int4(let packed):
        let linear = try linear(packed, tensor)
        isSymmetric = isSymmetric && linear.isSymmetric
        try writer.write(linear, weight: tensor.name, as: format)
      }
      tensor.release()
      try onTensor(index + 1, source.tensors.count)
    }
    var directory = try writer.finish()
    for name in source.carried.names {
      if let bytes = try file(name, isSymmetric: isSymmetric) { try directory.write(bytes, to: name) }
    }
    try directory.write(try GitAttributes.bytes(for: source), to: GitAttributes.fileName)
    try directory.commit()
  }

  /// The tensors that hold `tensor` in the output.
  private func outputs(_ tensor: StoredTensor) throws -> [TensorInfo] {
    let shape = try padding(of: tensor)?.shape(tensor.shape) ?? tensor.shape
    return switch tensor.encoding {
    case .dense(let dtype): [TensorInfo(name: tensor.name, dtype: dtype, shape: shape)]
    case .int4(let own):
      format.tensors(weight: tensor.name, outFeatures: shape[0], inFeatures: shape[1], scheme: scheme ?? own)
    }
  }

  private func padding(of tensor: StoredTensor) throws(ModelFilesError) -> WidenedMLP.Padding? {
    try widening?.padding(of: tensor, source.config, path: source.path)
  }

  private func linear(_ packed: any PackedInt4, _ tensor: StoredTensor) throws -> QuantizedLinear {
    var linear = try packed.unpacked()
    guard format.layout.zerosFit(linear) else {
      throw ModelFilesError.unsupported(
        path: source.path,
        reason: "tensor '\(tensor.name.displayed)' has a zero of 0, which \(format.name) cannot hold; use --to gptq")
    }
    if let scheme { linear = linear.cut(into: scheme) }
    return try padding(of: tensor)?.padded(linear) ?? linear
  }

  /// Whether config.json says already how the output stores its linears.
  private var keepsConfig: Bool {
    guard let scheme, let stated = source.config.quantization else { return true }
    return format == .awq && stated.layout == .awq && stated.groupSize == scheme.groupSize
  }

  private func file(_ name: String, isSymmetric: Bool) throws -> [UInt8]? {
    guard let scheme, !keepsConfig || widening != nil else { return try source.files.bytes(of: name) }
    if name == ModelCard.fileName, !keepsConfig { return try source.files.bytes(of: name).map(format.describing) }
    guard name == "config.json" else { return try source.files.bytes(of: name) }
    let quantization = ExportedQuantization(
      config: source.config, scheme: scheme, skippedLinears: skippedLinears, isSymmetric: isSymmetric)
    var document = keepsConfig ? source.config.document : format.config(quantization)
    if let widening { document = widening.stated(in: document, source.config.layout) }
    return try document.serialized(.pretty) + [UInt8(ascii: "\n")]
  }

  /// Linears of the decoder layers that are not int4, by their module names in the file.
  private var skippedLinears: [String] {
    source.tensors.compactMap { tensor in
      guard !tensor.isInt4, tensor.shape.rank == 2, source.isInDecoderLayers(tensor) else { return nil }
      return tensor.name.removingSuffix(".weight")
    }
  }

  /// Checks that every int4 linear has a size that the layout can hold, and stands where config.json can say so.
  private func requirePlaces() throws(ModelFilesError) {
    for tensor in source.tensors where tensor.isInt4 {
      guard format.layout.fits(outFeatures: tensor.shape[0], inFeatures: tensor.shape[1]) else {
        throw .unsupported(
          path: source.path,
          reason:
            "int4 tensor '\(tensor.name.displayed)' has the shape \(tensor.shape); in \(format.name) both extents "
            + "are multiples of 8")
      }
      guard keepsConfig || source.isInDecoderLayers(tensor) else {
        throw .unsupported(
          path: source.path,
          reason: "int4 tensor '\(tensor.name.displayed)' is no linear of a decoder layer; loaders of \(format.name) "
            + "keep the others in 16 bit")
      }
    }
  }
}

extension ModelFile {
  /// Whether the forward pass looks for the tensor in the decoder's layers.
  fileprivate func isInDecoderLayers(_ tensor: StoredTensor) -> Bool {
    WeightNames.canonical(tensor.name, layout: config.layout).allSatisfy {
      $0.name.hasPrefix(DecoderNames.layersPrefix)
    }
  }
}

extension ModelFile {
  /// Checks that every tensor would come back under its name from a quantized checkpoint, in whichever layout.
  /// - Throws: `ModelFilesError.unsupported` with the first that would not: a plain tensor that readers would take for
  ///   codes, or a quantized one that is no `….weight`.
  public func requireNames() throws(ModelFilesError) {
    for tensor in tensors {
      if !tensor.isInt4, LinearParts.allCases.contains(where: { tensor.name.hasSuffix($0.codes) }) {
        throw .unsupported(
          path: path,
          reason: "tensor '\(tensor.name.displayed)' is a plain one, but readers of a quantized checkpoint would "
            + "take it for int4 codes; rename it or take it away")
      }
      if tensor.isInt4, !tensor.name.hasSuffix(".weight") {
        throw .unsupported(
          path: path,
          reason: "int4 tensor '\(tensor.name.displayed)' is not called ….weight, as a checkpoint's linears are; "
            + "rename it")
      }
    }
  }
}

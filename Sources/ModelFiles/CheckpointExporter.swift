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
  /// Input features that share a scale in all quantized linears of the output; nil if there are none.
  private let groupSize: Int?
  /// Whether what the layout cannot hold of a decoder linear is rounded once more.
  private let requantizes: Bool
  /// How much wider the MLPs of the output are; nil if they are not.
  public let widening: WidenedMLP?

  /// An exporter of `source`.
  /// - Parameters:
  ///   - devices: How many must be able to share the MLPs, which are widened for that; nil to leave them alone.
  ///   - requantizes: Whether decoder linears of eight bits are rounded to four where the layout has no place for them, and
  ///     scales to half precision that it cannot hold.
  /// - Throws: `ModelFilesError.unsupported` if the model is not quantized and `format` is not its own or it is to be widened,
  ///   or a tensor has a name that would mean something else in the layout, or a size or place that it has none for, or a
  ///   packed file does.
  public init(
    _ source: ModelFile, as format: CheckpointFormat = .awq, sharedBy devices: Int? = nil,
    requantizing requantizes: Bool = false
  ) throws {
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
    self.requantizes = requantizes
    groupSize =
      requantizes && !format.takesEightBits
      ? source.groupSize.flatMap { Requantization.scheme(groupSize: $0)?.groupSize } ?? source.groupSize
      : source.groupSize
    guard devices == nil || groupSize != nil else {
      throw ModelFilesError.unsupported(
        path: source.path,
        reason: "has no quantized linear whose groups devices would share; quantize first, then widen")
    }
    widening = devices.flatMap { [groupSize] devices in
      groupSize.flatMap { WidenedMLP(source.config, groupSize: $0, devices: devices) }
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
  /// - Returns: What rounding once more has cost; of no linears unless that was asked for.
  @discardableResult
  public func export(
    to path: String, overwriting: Bool, onTensor: (Int, Int) throws -> Void
  ) throws -> Requantization {
    let forms = try source.tensors.map { try form(of: $0) }
    let tensors = try zip(source.tensors, forms).flatMap { try outputs($0, $1) }
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
    var isSymmetric = true, requantization = Requantization()
    for (index, tensor) in source.tensors.enumerated() {
      switch try tensor.content {
      case .dense(let view):
        if let padding = try padding(of: tensor) {
          try writer.write(unsafe padding.padded(view).span.bytes, of: tensor.name)
        } else {
          try view.withBytes { try writer.write($0, of: tensor.name) }
        }
      case .quantized(let packed):
        let linear = try linear(packed, tensor, &requantization)
        isSymmetric = isSymmetric && linear.isSymmetric
        let form = forms[index] ?? format.form(linear.scheme, isSymmetric: linear.isSymmetric)
        try writer.write(linear, weight: tensor.name, as: format, form)
      }
      tensor.release()
      try onTensor(index + 1, source.tensors.count)
    }
    var directory = try writer.finish()
    for name in source.carried.names {
      if let bytes = try file(name, forms, isSymmetric: isSymmetric) { try directory.write(bytes, to: name) }
    }
    try directory.write(try GitAttributes.bytes(for: source), to: GitAttributes.fileName)
    try directory.commit()
    return requantization
  }

  /// Whether `scheme` is rounded to four bits.
  private func isRounded(_ scheme: QuantizationScheme) -> Bool {
    requantizes && scheme.bits == 8 && !format.takesEightBits
  }

  /// How `tensor` stands in the output; nil if it is not quantized. Zeros of eight bits are read for that.
  private func form(of tensor: StoredTensor) throws -> LinearForm? {
    guard case .quantized(let own) = tensor.encoding else { return nil }
    if isRounded(own), let scheme = groupSize.flatMap({ QuantizationScheme(groupSize: $0) }) {
      return format.form(scheme, isSymmetric: false)
    }
    let scheme = QuantizationScheme(groupSize: groupSize ?? own.groupSize, codes: own.codes) ?? own
    guard own.bits == 8, case .quantized(let packed) = try tensor.content else {
      return format.form(scheme, isSymmetric: false)
    }
    return format.form(scheme, isSymmetric: try packed.hasSymmetricZeros())
  }

  /// The tensors that hold `tensor` in the output.
  private func outputs(_ tensor: StoredTensor, _ form: LinearForm?) throws -> [TensorInfo] {
    let shape = try padding(of: tensor)?.shape(tensor.shape) ?? tensor.shape
    if let form {
      return format.tensors(weight: tensor.name, outFeatures: shape[0], inFeatures: shape[1], form: form)
    }
    return tensor.dtype.map { [TensorInfo(name: tensor.name, dtype: $0, shape: shape)] } ?? []
  }

  private func padding(of tensor: StoredTensor) throws(ModelFilesError) -> WidenedMLP.Padding? {
    try widening?.padding(of: tensor, source.config, path: source.path)
  }

  private func linear(
    _ packed: any PackedLinear, _ tensor: StoredTensor, _ requantization: inout Requantization
  ) throws -> QuantizedLinear {
    var linear = try carried(packed, tensor, &requantization)
    guard format.layout.zerosFit(linear) else {
      throw ModelFilesError.unsupported(
        path: source.path,
        reason: "tensor '\(tensor.name.displayed)' has a zero of 0, which \(format.name) cannot hold; use --to gptq")
    }
    if let groupSize { linear = linear.cut(intoGroupsOf: groupSize) }
    return try padding(of: tensor)?.padded(linear) ?? linear
  }

  /// The linear as it is; rounded once more where it must be, and may.
  private func carried(
    _ packed: any PackedLinear, _ tensor: StoredTensor, _ requantization: inout Requantization
  ) throws -> QuantizedLinear {
    if isRounded(packed.scheme), let scheme = groupSize.flatMap({ QuantizationScheme(groupSize: $0) }),
      let linear = requantization.rounded(packed, tensor.module, scheme)
    {
      return linear
    }
    do {
      return try packed.unpacked()
    } catch let error as QuantizationError {
      guard requantizes, case .inexactScale = error,
        let linear = requantization.scalesRounded(packed, tensor.module)
      else { throw error }
      return linear
    }
  }

  /// Whether config.json says already how the output stores its linears.
  private var keepsConfig: Bool {
    guard let groupSize, let stated = source.config.quantization else { return true }
    return format == .awq && stated.layout == .awq && stated.groupSize == groupSize
  }

  private func file(_ name: String, _ forms: [LinearForm?], isSymmetric: Bool) throws -> [UInt8]? {
    guard let groupSize, !keepsConfig || widening != nil else { return try source.files.bytes(of: name) }
    if name == ModelCard.fileName, !keepsConfig { return try source.files.bytes(of: name).map(format.describing) }
    guard name == "config.json" else { return try source.files.bytes(of: name) }
    let skipped = source.tensors.filter { !$0.isQuantized && $0.shape.rank == 2 }
    func modules(where isChosen: (StoredTensor) -> Bool) -> [String] {
      skipped.filter(isChosen).compactMap { $0.name.removingSuffix(".weight") }
    }
    let quantization = ExportedQuantization(
      config: source.config, groupSize: groupSize,
      linears: zip(source.tensors, forms).compactMap { tensor, form in form.map { (tensor.module, $0) } },
      skippedLinears: modules(where: source.isInDecoderLayers),
      skippedElsewhere: modules { !source.isInDecoderLayers($0) }, isSymmetric: isSymmetric)
    var document = keepsConfig ? source.config.document : format.config(quantization)
    if let widening { document = widening.stated(in: document, source.config.layout) }
    return try document.serialized(.pretty) + [UInt8(ascii: "\n")]
  }

  /// Checks that every quantized linear has bits and a size that the layout can hold, and stands where config.json can say
  /// so.
  private func requirePlaces() throws(ModelFilesError) {
    for tensor in source.tensors {
      guard let bits = tensor.codeBits else { continue }
      let isRounded = requantizes && !format.takesEightBits && source.isInDecoderLayers(tensor)
      guard bits == 4 || format.takesEightBits || isRounded else {
        throw .unsupported(
          path: source.path,
          reason: "tensor '\(tensor.name.displayed)' has codes of \(bits) bits, which \(format.name) has no place for; "
            + "use --to \(CheckpointFormat.compressedTensors.name)"
            + (source.isInDecoderLayers(tensor) ? ", or --requantize to round it to four" : ""))
      }
      if isRounded && bits == 8 { continue }
      guard format.words(bits: bits).fits(outFeatures: tensor.shape[0], inFeatures: tensor.shape[1]) else {
        throw .unsupported(
          path: source.path,
          reason:
            "int\(bits) tensor '\(tensor.name.displayed)' has the shape \(tensor.shape); in \(format.name) both extents "
            + "are multiples of 8")
      }
      guard keepsConfig || bits == 8 || source.isInDecoderLayers(tensor) else {
        throw .unsupported(
          path: source.path,
          reason: "int4 tensor '\(tensor.name.displayed)' is no linear of a decoder layer; loaders of \(format.name) "
            + "keep the others in 16 bit")
      }
    }
  }
}

extension StoredTensor {
  /// Its name without `.weight`.
  fileprivate var module: String { name.removingSuffix(".weight") ?? name }
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
      if !tensor.isQuantized, LinearParts.allCases.contains(where: { tensor.name.hasSuffix($0.codes) }) {
        throw .unsupported(
          path: path,
          reason: "tensor '\(tensor.name.displayed)' is a plain one, but readers of a quantized checkpoint would "
            + "take it for codes; rename it or take it away")
      }
      if tensor.isQuantized, !tensor.name.hasSuffix(".weight") {
        throw .unsupported(
          path: path,
          reason: "quantized tensor '\(tensor.name.displayed)' is not called ….weight, as a checkpoint's linears are; "
            + "rename it")
      }
    }
  }
}

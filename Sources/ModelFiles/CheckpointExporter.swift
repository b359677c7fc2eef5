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
  /// Whether what the layout cannot hold of a linear is rounded once more.
  private let requantizes: Bool
  /// What becomes of each tensor; nil of one that is not quantized.
  private let conversions: [LinearConversion?]
  /// How much wider the MLPs of the output are; nil if they are not.
  public let widening: WidenedMLP?

  /// An exporter of `source`.
  /// - Parameters:
  ///   - devices: How many must be able to share the MLPs, which are widened for that; nil to leave them alone.
  ///   - requantizes: Whether decoder linears of eight bits are rounded to four where the layout has no place for them, others
  ///     stored in half precision, scales rounded to it that it cannot hold, and linears in act-order rounded anew.
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
    groupSize = source.groupSize
    guard devices == nil || groupSize != nil else {
      throw ModelFilesError.unsupported(
        path: source.path,
        reason: "has no quantized linear whose groups devices would share; quantize first, then widen")
    }
    widening = devices.flatMap { [groupSize] devices in
      groupSize.flatMap { WidenedMLP(source.config, groupSize: $0, devices: devices) }
    }
    guard let groupSize else {
      conversions = source.tensors.map { _ in nil }
      return
    }
    let converting = LinearConversions(
      source: source, format: format, groupSize: groupSize, requantizes: requantizes,
      keepsConfig: Self.keepsConfig(of: source, as: format, groupSize: groupSize))
    conversions = try source.tensors.map { tensor in try converting.conversion(of: tensor) }
    guard conversions.contains(where: { $0 != nil && $0 != .half }) else {
      throw ModelFilesError.unsupported(
        path: source.path,
        reason:
          "has no quantized linear in a decoder layer, and \(format.name) keeps the others in 16 bit: nothing would "
          + "stay quantized; take the original")
    }
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
    let forms = try zip(source.tensors, conversions).map { try form(of: $0, $1) }
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
        guard conversions[index] != .half else {
          try write(packed, tensor, &requantization, to: &writer)
          break
        }
        let linear = try linear(packed, tensor, conversions[index], &requantization)
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

  /// How `tensor` stands in the output; nil if it is not quantized there. Zeros of eight bits are read for that.
  private func form(of tensor: StoredTensor, _ conversion: LinearConversion?) throws -> LinearForm? {
    if case .rounded(let scheme) = conversion { return format.form(scheme) }
    guard conversion == .kept, case .quantized(let own) = tensor.encoding else { return nil }
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
    return [TensorInfo(name: tensor.name, dtype: tensor.dtype ?? .float16, shape: shape)]
  }

  private func padding(of tensor: StoredTensor) throws(ModelFilesError) -> WidenedMLP.Padding? {
    try widening?.padding(of: tensor, source.config, path: source.path)
  }

  /// Writes a linear that becomes a matrix of half precision.
  private func write(
    _ packed: any PackedLinear, _ tensor: StoredTensor, _ requantization: inout Requantization,
    to writer: inout SafetensorsCheckpointWriter
  ) throws {
    let isWhole = try requantization.halves(of: packed) { try writer.write($0, of: tensor.name) }
    guard isWhole else { throw QuantizationError.beyondHalf(path: source.path, tensor: tensor.name) }
  }

  private func linear(
    _ packed: any PackedLinear, _ tensor: StoredTensor, _ conversion: LinearConversion?,
    _ requantization: inout Requantization
  ) throws -> QuantizedLinear {
    var linear = try carried(packed, tensor, conversion, &requantization)
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
    _ packed: any PackedLinear, _ tensor: StoredTensor, _ conversion: LinearConversion?,
    _ requantization: inout Requantization
  ) throws -> QuantizedLinear {
    if case .rounded(let scheme) = conversion {
      guard let linear = requantization.rounded(packed, tensor.module, scheme) else {
        throw QuantizationError.beyondHalf(path: source.path, tensor: tensor.name)
      }
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

  private var keepsConfig: Bool {
    groupSize.map { Self.keepsConfig(of: source, as: format, groupSize: $0) } ?? true
  }

  /// Whether config.json says already how the output stores its linears.
  private static func keepsConfig(of source: ModelFile, as format: CheckpointFormat, groupSize: Int) -> Bool {
    guard let stated = source.config.quantization else { return true }
    return format == .awq && stated.layout == .awq && stated.groupSize == groupSize
  }

  private func file(_ name: String, _ forms: [LinearForm?], isSymmetric: Bool) throws -> [UInt8]? {
    guard let groupSize, !keepsConfig || widening != nil else { return try source.files.bytes(of: name) }
    if name == ModelCard.fileName, !keepsConfig { return try source.files.bytes(of: name).map(format.describing) }
    guard name == "config.json" else { return try source.files.bytes(of: name) }
    let skipped = zip(source.tensors, forms).filter { $1 == nil && $0.shape.rank == 2 }.map(\.0)
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
}

extension StoredTensor {
  /// Its name without `.weight`.
  fileprivate var module: String { name.removingSuffix(".weight") ?? name }
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

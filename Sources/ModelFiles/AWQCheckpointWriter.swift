// Writes a quantized checkpoint while the model is being quantized: plan first, then every layer as soon as it is done.
internal import Basics
public import JSON
internal import Kernels
internal import ModelCards
public import ModelConfig
public import Quantization
internal import Safetensors
public import Storage
internal import Tensors

/// Streams an AWQ checkpoint, or one of compressed-tensors if some linears have eight bits, into a directory that has no
/// name until it is complete.
///
/// Nothing but the layer at hand is in memory. Everything that is not quantized keeps its bytes, and every file of the
/// original that is not a weight is carried over.
public struct AWQCheckpointWriter: ~Copyable {
  /// The file that says how the checkpoint was made.
  public static let provenanceName = "skyquant.json"

  private let source: ModelFile
  private let scheme: QuantizationScheme
  private let widening: WidenedMLP?
  private let plan: CheckpointPlan
  private var writer: SafetensorsCheckpointWriter

  /// Plans the output of quantizing `source` and writes what belongs to no decoder layer, or goes on behind the layers
  /// that a stopped run has finished.
  /// - Parameters:
  ///   - widening: How much wider the MLPs become; nil if they do not.
  ///   - folder: Where the directory is made.
  ///   - shardByteCount: Bytes of tensors in one file at most, or one larger tensor.
  ///   - otherCodes: Of modules, by canonical name, whose codes are not those of `scheme`; of linears outside the decoder's
  ///     layers, which are plainly rounded, by their names in the files.
  ///   - calibrated: Names of those of the latter that are given to `write(_:of:)` instead.
  ///   - resumed: Those layers, and the digests of the shards written until then; see `secure`. Must be given if and only
  ///     if the folder is resumed.
  /// - Throws: `StorageError` if the disk fails, what the stopped run wrote is not there any more, or something else is.
  public init(
    source: ModelFile, scheme: QuantizationScheme, widening: WidenedMLP? = nil, in folder: consuming WorkFolder,
    shardByteCount: Int = defaultShardByteCount,
    resuming resumed: (layerCount: Int, shardDigests: [SHA256Digest])? = nil,
    otherCodes: [String: CodeScheme] = [:], calibrated: Set<String> = [], quantizes: (_ module: String) -> Bool
  ) throws {
    let plan = try CheckpointPlan(
      source, scheme: scheme, otherCodes: otherCodes, calibrated: calibrated, widening: widening, quantizes: quantizes)
    let shards = try plan.shards(of: shardByteCount)
    let directory = try StagedDirectory(in: folder, permissions: source.permissions)
    if let resumed {
      let weights = shards.shards.map(\.fileName) + [ShardIndex.fileName]
      try directory.require(only: Set(weights + source.carried.names + Self.writtenNames + Self.besideNames))
      let finished = plan.beforeLayers + plan.layers.prefix(resumed.layerCount).joined()
      writer = try SafetensorsCheckpointWriter(
        shards, continuing: directory, after: finished.reduce(0) { $0 + $1.outputs(plan.format).count },
        digests: resumed.shardDigests)
    } else {
      var begun = try SafetensorsCheckpointWriter(shards, in: directory)
      for tensor in plan.outside { try tensor.write(QuantizedLayer(), into: &begun, plan.format, from: source.path) }
      writer = begun
    }
    self.source = source
    self.scheme = scheme
    self.widening = widening
    self.plan = plan
  }

  /// Bytes of tensors in one file unless something else is asked for.
  public static let defaultShardByteCount = ShardPlan.defaultShardByteCount

  /// The files that are written anew.
  private static let writtenNames = ["config.json", provenanceName, GitAttributes.fileName]
  /// Files that may be written beside them.
  private static let besideNames = [ModelCard.fileName, ModelCard.originalName]

  /// How quantized linears are stored.
  public var format: CheckpointFormat { plan.format }

  /// Bytes of all tensors.
  public var tensorByteCount: Int { plan.all.flatMap { $0.outputs(plan.format) }.reduce(0) { $0 + $1.byteCount } }

  /// Bytes of the directory that quantizing `source` will make, and of its largest file.
  /// - Throws: `SafetensorsError` for what cannot be written, and why small files cannot be read.
  public static func byteCount(
    _ source: ModelFile, scheme: QuantizationScheme, widening: WidenedMLP? = nil,
    shardByteCount: Int = defaultShardByteCount, otherCodes: [String: CodeScheme] = [:],
    quantizes: (_ module: String) -> Bool
  ) throws -> (total: Int, largestFile: Int) {
    let plan = try CheckpointPlan(
      source, scheme: scheme, otherCodes: otherCodes, widening: widening, quantizes: quantizes)
    let shards = try plan.shards(of: shardByteCount)
    return (shards.fileByteCount + (try source.carriedByteCount), shards.largestFileByteCount)
  }

  /// Brings what was written to the disk, and says beside the directory how to go on after it.
  /// - Throws: `StorageError` if the disk fails.
  public func secure(_ point: ResumePoint) throws {
    try writer.synchronize()
    try point.write(in: writer.directory.folder, shardDigests: writer.writtenDigests)
  }

  /// Writes decoder layer `index`; layers must come in order.
  /// - Throws: `StorageError` if the disk fails, `ModelFilesError.beyondHalf` for a norm or bias that absorbs scales.
  public mutating func write(_ layer: QuantizedLayer, at index: Int) throws {
    for tensor in plan.layers[index] { try tensor.write(layer, into: &writer, plan.format, from: source.path) }
  }

  /// Writes the linears of a part outside the decoder's layers that calibration has fitted: layers of the tower in order
  /// and the projector before the first decoder layer, the head behind the last one.
  /// - Parameter linears: By canonical name, fused ones by their names in the files.
  /// - Throws: `StorageError` if the disk fails.
  public mutating func write(_ linears: QuantizedLayer, of part: OutsidePart) throws {
    for tensor in plan.parts[part] ?? [] {
      try tensor.write(linears, into: &writer, plan.format, from: source.path)
    }
  }

  /// Writes config and carried-over files.
  /// - Parameters:
  ///   - provenance: How the checkpoint was made; written as `skyquant.json`.
  ///   - others: Cards; they take the place of the original's files.
  ///   - left: Files of the original that stay behind.
  /// - Returns: The directory, which lacks nothing but its name: the caller commits it.
  /// - Throws: `StorageError` or `JSONError`.
  public consuming func complete(
    provenance: JSONValue, besides others: [(name: String, bytes: [UInt8])] = [], leaving left: Set<String> = []
  ) throws -> StagedDirectory {
    precondition(others.allSatisfy { Self.besideNames.contains($0.name) }, "a stopped run would not know the file")
    var directory = try writer.finish()
    let notCarried = left.union(Self.writtenNames + others.map(\.name))
    for name in source.carried.names where !notCarried.contains(name) {
      if let bytes = try source.files.bytes(of: name) { try directory.write(bytes, to: name) }
    }
    for (name, bytes) in others { try directory.write(bytes, to: name) }
    try directory.write(try GitAttributes.bytes(for: source), to: GitAttributes.fileName)
    let newline = [UInt8(ascii: "\n")]
    let config = plan.format.config(plan.quantization(source.config, groupSize: scheme.groupSize))
    let document = widening?.stated(in: config, source.config.layout) ?? config
    try directory.write(try document.serialized(.pretty) + newline, to: "config.json")
    try directory.write(try provenance.serialized(.pretty) + newline, to: Self.provenanceName)
    return directory
  }
}

extension PlannedTensor {
  /// Writes what the tensor has become.
  fileprivate func write(
    _ layer: QuantizedLayer, into writer: inout SafetensorsCheckpointWriter, _ format: CheckpointFormat,
    from path: String
  ) throws {
    switch fate {
    case .copied(let tensor, _):
      guard case .dense(let view) = try tensor.content else { preconditionFailure("planned as dense: \(name)") }
      if let padding {
        try writer.write(unsafe padding.padded(view).span.bytes, of: name)
      } else {
        try view.withBytes { try writer.write($0, of: name) }
      }
      tensor.release()
    case .folded(let tensor):
      let values = try layer.folded[canonicalName] ?? tensor.floats(0..<tensor.rowCount)
      let largest = Float(Float16.greatestFiniteMagnitude)
      if let value = values.first(where: { $0.isFinite && abs($0) > largest }) {
        throw ModelFilesError.beyondHalf(path: path, name: name, value: value)
      }
      try writer.write(unsafe HalfPrecision.float16Bits(padding?.padded(values) ?? values).span.bytes, of: name)
    case .quantized:
      let module = canonicalName.removingSuffix(".weight") ?? canonicalName
      guard let linear = layer.linears[module] else { preconditionFailure("planned, not given: \(module)") }
      try writer.write(
        padding?.padded(linear) ?? linear, weight: name, as: format, format.form(linear.scheme))
    case .rounded(let tensor, let scheme):
      guard case .dense(let view) = try tensor.content else { preconditionFailure("planned as dense: \(name)") }
      let weight = try DenseMatrix(view)
      if let place = weight.firstNonFinite() {
        throw ModelFilesError.unsupported(
          path: path,
          reason:
            "tensor '\(name.displayed)': row \(place.row), column \(place.column) is NaN or infinite; leave it in "
            + "16 bit")
      }
      let linear = QuantizedLinear(
        rounding: weight, columnScales: [Float](repeating: 1, count: weight.columns), scheme: scheme)
      try writer.write(linear, weight: name, as: format, format.form(scheme))
      tensor.release()
    }
  }
}

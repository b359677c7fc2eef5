// A quantized text model as a GGUF file for llama.cpp: its int4 linears as Q4_1, everything else in its own precision.
internal import Basics
internal import GGUF
internal import Kernels
internal import ModelConfig
public import ModelFiles
internal import Quantization
internal import Storage
internal import Tensors

/// What a GGUF file says otherwise than the model it was made from.
public struct GGUFExportReport: Sendable, Equatable {
  /// Bytes of the file.
  public var byteCount = 0
  public var tensorCount = 0
  /// Weights stored as Q4_1, 5 bits each.
  public var quantizedWeightCount = 0
  /// The largest shift of a group by the rounding of its offset, in quantization steps.
  public var largestShift: Float = 0
  /// What could not be carried over at all, one line each.
  public var losses: [String] = []
}

/// Writes text models as GGUF files.
public struct GGUFExporter {
  private let source: ModelFile
  private let names: GGUFNames
  private let metadata: GGUFMetadata

  /// An exporter of `source`.
  /// - Throws: `ModelFilesError` for what llama.cpp has no counterpart of, and for weights that contradict the config;
  ///   `TokenizerError`.
  public init(_ source: ModelFile) throws {
    guard source.config.layout == .text else {
      throw ModelFilesError.unsupported(
        path: source.path,
        reason:
          "is a vision-language model; GGUF export writes text models, llama.cpp keeps vision towers in a file apart")
    }
    guard source.config.quantization != nil else {
      throw ModelFilesError.unsupported(
        path: source.path, reason: "is not quantized; `skyquant quantize` does that")
    }
    try source.requireWeights()
    self.source = source
    names = GGUFNames(source.config.text)
    metadata = try GGUFMetadata(source)
  }

  /// Writes the file `path`.
  /// - Parameter onTensor: Called with the number of tensors done and of all; what it throws ends the export.
  /// - Throws: `ModelFilesError` for a tensor that llama.cpp does not know or that the format cannot hold, `StorageError`;
  ///   then nothing has changed under the file's name.
  public func export(to path: String, overwriting: Bool, onTensor: (Int, Int) throws -> Void) throws -> GGUFExportReport
  {
    let planned = try source.tensors.map { try plan($0) }
    let divisors = source.config.text.llama3Divisors
    let frequencies = divisors.map { GGUFTensor(name: "rope_freqs.weight", type: .float32, shape: [$0.count]) }
    var writer = try begun(planned + [frequencies].compactMap(\.self), path, overwriting)
    var report = GGUFExportReport()
    report.losses = metadata.losses
    for (index, tensor) in source.tensors.enumerated() {
      try write(tensor, into: &writer, &report)
      tensor.release()
      try onTensor(index + 1, planned.count)
    }
    if let divisors { try writer.append(unsafe divisors.span.bytes) }
    report.tensorCount = planned.count + (divisors == nil ? 0 : 1)
    report.byteCount = try writer.finish()
    return report
  }

  private func begun(_ tensors: [GGUFTensor], _ path: String, _ overwriting: Bool) throws -> GGUFWriter {
    do {
      return try GGUFWriter(
        metadata: metadata.values, tensors: tensors,
        to: AtomicFileWriter(path: path, overwriting: overwriting, permissions: source.permissions))
    } catch let error as GGUFError {
      throw ModelFilesError.unsupported(path: source.path, reason: "\(error)")
    }
  }

  private func plan(_ tensor: StoredTensor) throws -> GGUFTensor {
    guard let name = names.name(of: canonicalName(tensor)) else {
      throw ModelFilesError.unsupported(
        path: source.path, reason: "llama.cpp has no tensor for '\(tensor.name.displayed)'")
    }
    try checkShape(of: tensor)
    return GGUFTensor(name: name, type: try type(of: tensor), shape: tensor.shape)
  }

  /// In a text model one tensor of the file is one tensor of the model.
  private func canonicalName(_ tensor: StoredTensor) -> String {
    WeightNames.canonical(tensor.name, layout: source.config.layout).first?.name ?? tensor.name
  }

  /// Tensors that the forward pass does not read, such as biases that config.json knows nothing of, were compared with
  /// nothing; reordering relies on whole heads.
  private func checkShape(of tensor: StoredTensor) throws(ModelFilesError) {
    let heads = names.reorderedHeads(of: canonicalName(tensor))
    let rows = heads.map { $0 * source.config.text.headDim }
    guard tensor.shape.elementCount > 0, tensor.shape.rank > 0, rows == nil || rows == tensor.shape[0] else {
      throw .wrongShape(
        path: source.path, name: tensor.name, expected: rows.map { "\($0) rows" } ?? "at least one element",
        found: "\(tensor.shape)")
    }
  }

  /// llama.cpp wants vectors in full precision.
  private func type(of tensor: StoredTensor) throws -> GGUFTensorType {
    guard case .dense(let dtype) = tensor.encoding else { return .q4_1 }
    switch FloatFormat(dtype) {
    case .float32: return .float32
    case .float16: return tensor.shape.rank == 1 ? .float32 : .float16
    case .bfloat16: return tensor.shape.rank == 1 ? .float32 : .bfloat16
    case nil:
      throw ModelFilesError.wrongType(
        path: source.path, name: tensor.name, expected: "F32, F16 or BF16", found: dtype.rawValue)
    }
  }

  private func write(
    _ tensor: StoredTensor, into writer: inout GGUFWriter, _ report: inout GGUFExportReport
  ) throws {
    let order = names.rowOrder(of: canonicalName(tensor), rows: tensor.shape[0])
    switch try tensor.content {
    case .int4(let packed):
      let stored = try packed.unpacked(), linear = order.map { stored.rows(in: $0) } ?? stored
      let blocks = Q41Blocks(linear)
      guard blocks.largestShift.isFinite else {
        throw ModelFilesError.unsupported(
          path: source.path,
          reason: "tensor '\(tensor.name.displayed)': zero times scale is beyond half precision, in which Q4_1 has it")
      }
      report.quantizedWeightCount += linear.codes.count
      report.largestShift = max(report.largestShift, blocks.largestShift)
      try writer.append(unsafe blocks.bytes.span.bytes)
    case .dense(let view) where tensor.shape.rank == 1:
      let values = try view.floats()
      let ordered = order.map { $0.map { values[$0] } } ?? values
      try writer.append(unsafe ordered.span.bytes)
    case .dense(let view):
      guard let order else { return try view.withBytes { try writer.append($0) } }
      for row in order { try view.rows(row..<row + 1).withBytes { try writer.append($0) } }
    }
  }
}

// The file of the language model: its int4 linears in blocks of llama.cpp's, everything else in its own precision.
internal import Basics
internal import GGUF
internal import Kernels
internal import ModelConfig
internal import ModelFiles
internal import Quantization
internal import Storage
internal import Tensors
internal import Tokenization

/// The language model as a GGUF file.
struct LanguagePart {
  let plan: GGUFPlan
  /// What has no place in the file, one line each.
  let losses: [String]
  private let source: ModelFile
  private let options: GGUFOptions
  private let names: LanguageNames
  private let tensors: [Entry]

  /// A tensor of the model and its place in the file.
  private struct Entry {
    let source: StoredTensor
    /// Its canonical name.
    let name: String
    let target: GGUFTensor
  }

  /// The part of a quantized model whose weights are those that config.json calls for.
  /// - Throws: `ModelFilesError` for what llama.cpp has no counterpart of; `TokenizerError`.
  init(_ source: ModelFile, _ listing: VocabularyListing, _ options: GGUFOptions) throws {
    self.source = source
    self.options = options
    let names = LanguageNames(source.config.text)
    self.names = names
    let metadata = try LanguageMetadata(source, listing, options)
    tensors = try source.languageTensors.map { try Self.entry($0, name: $1, source, names, options) }
    let divisors = source.config.text.llama3Divisors
    let frequencies = divisors.map { GGUFTensor(name: "rope_freqs.weight", type: .float32, shape: [$0.count]) }
    plan = try source.plan(metadata.values, tensors.map(\.target) + [frequencies].compactMap(\.self))
    losses = metadata.losses
  }

  private static func entry(
    _ tensor: StoredTensor, name: String, _ source: ModelFile, _ names: LanguageNames, _ options: GGUFOptions
  ) throws -> Entry {
    guard let target = names.name(of: name) else {
      throw ModelFilesError.unsupported(
        path: source.path, reason: "llama.cpp has no tensor for '\(tensor.name.displayed)'")
    }
    // Tensors that the forward pass does not read, such as biases that config.json knows nothing of, were
    // compared with nothing; reordering relies on whole heads.
    let rows = names.reorderedHeads(of: name).map { $0 * source.config.text.headDim }
    guard tensor.shape.elementCount > 0, tensor.shape.rank > 0, rows == nil || rows == tensor.shape[0] else {
      throw ModelFilesError.wrongShape(
        path: source.path, name: tensor.name, expected: rows.map { "\($0) rows" } ?? "at least one element",
        found: "\(tensor.shape)")
    }
    let type = try options.chosenType(of: name)?.tensorType ?? storedType(of: tensor, path: source.path, options)
    return Entry(source: tensor, name: name, target: GGUFTensor(name: target, type: type, shape: tensor.shape))
  }

  /// What Q4_K may add to the error of rounding, relative to it.
  private static let largestAddedError = 0.02

  /// llama.cpp wants vectors in full precision. What Q4_K would add to a linear is measured on its codes, which
  /// are read for that.
  private static func storedType(
    of tensor: StoredTensor, path: String, _ options: GGUFOptions
  ) throws -> GGUFTensorType {
    guard case .dense(let dtype) = tensor.encoding else {
      guard tensor.codeBits == 4 else {
        throw ModelFilesError.unsupported(
          path: path,
          reason:
            "tensor '\(tensor.name.displayed)' has codes of 8 bits, of which no block of llama.cpp's is made here; "
            + "use --to \(CheckpointFormat.compressedTensors)")
      }
      guard options.linears == .q4_K, tensor.shape[1] % Q4KBlocks.blockSize == 0,
        case .quantized(let packed) = try tensor.content
      else { return .q4_1 }
      defer { tensor.release() }
      return Q4KBlocks(try packed.unpacked()).addedError < largestAddedError ? .q4_K : .q4_1
    }
    switch FloatFormat(dtype) {
    case .float32: return .float32
    case .float16: return tensor.shape.rank == 1 ? .float32 : .float16
    case .bfloat16: return tensor.shape.rank == 1 ? .float32 : .bfloat16
    case nil:
      throw ModelFilesError.wrongType(
        path: path, name: tensor.name, expected: "F32, F16 or BF16", found: dtype.rawValue)
    }
  }

  /// Writes all tensors.
  /// - Throws: `GGUFExportError`, `ModelFilesError`, `StorageError`, what `onTensor` throws.
  func write<Sink: ByteSink & ~Copyable>(
    into writer: inout GGUFWriter<Sink>, _ report: inout GGUFExportReport, onTensor: () throws -> Void
  ) throws {
    for entry in tensors {
      if let type = options.chosenType(of: entry.name) {
        var encoder = MatrixEncoder(type, path: source.path)
        let shape = entry.target.shape
        let matrix = try source.weights.matrix(entry.name, rows: shape[0], columns: shape[1])
        try encoder.write(matrix, entry.source.name, into: &writer)
      } else {
        try write(entry, into: &writer, &report)
      }
      entry.source.release()
      try onTensor()
    }
    if let divisors = source.config.text.llama3Divisors { try writer.append(unsafe divisors.span.bytes) }
  }

  private func write<Sink: ByteSink & ~Copyable>(
    _ entry: Entry, into writer: inout GGUFWriter<Sink>, _ report: inout GGUFExportReport
  ) throws {
    let order = names.rowOrder(of: entry.name, rows: entry.target.shape[0])
    switch try entry.source.content {
    case .quantized(let packed):
      let stored = try packed.unpacked(), linear = order.map { stored.rows(in: $0) } ?? stored
      if entry.target.type == .q4_K {
        let blocks = Q4KBlocks(linear)
        report.q4KWeightCount += linear.codes.count
        report.largestAddedError = max(report.largestAddedError, blocks.addedError)
        try writer.append(blocks.bytes)
      } else {
        try write(linear, entry.source.name, into: &writer, &report)
      }
    case .dense(let view) where view.info.shape.rank == 1:
      let values = try view.floats()
      let ordered = order.map { $0.map { values[$0] } } ?? values
      try writer.append(unsafe ordered.span.bytes)
    case .dense(let view):
      guard let order else { return try view.withBytes { try writer.append($0) } }
      for row in order { try view.rows(row..<row + 1).withBytes { try writer.append($0) } }
    }
  }

  private func write<Sink: ByteSink & ~Copyable>(
    _ linear: QuantizedLinear, _ name: String, into writer: inout GGUFWriter<Sink>, _ report: inout GGUFExportReport
  ) throws {
    let blocks = Q41Blocks(linear)
    guard blocks.largestShift.isFinite else {
      throw ModelFilesError.unsupported(
        path: source.path,
        reason: "tensor '\(name.displayed)': zero times scale is beyond half precision, in which Q4_1 has it")
    }
    report.q41WeightCount += linear.codes.count
    report.largestShift = max(report.largestShift, blocks.largestShift)
    try writer.append(blocks.bytes)
  }
}

extension GGUFOptions {
  /// The type that was asked for the tensor of this canonical name, if one was.
  fileprivate func chosenType(of name: String) -> MatrixType? {
    [DecoderNames.embeddings + ".weight", DecoderNames.head + ".weight"].contains(name) ? embeddings : nil
  }
}

extension ModelFile {
  /// What belongs to the language model, by canonical name. All of a text model does.
  fileprivate var languageTensors: [(StoredTensor, name: String)] {
    tensors.compactMap { tensor -> (StoredTensor, name: String)? in
      let name = WeightNames.canonical(tensor.name, layout: config.layout).first?.name
      guard config.layout != .text else { return (tensor, name ?? tensor.name) }
      return name.flatMap { $0.hasPrefix(DecoderNames.prefix) ? (tensor, $0) : nil }
    }
  }

  /// Tensors that belong neither to the language model nor to the vision tower, by their names in the file.
  var unreadTensors: [String] {
    guard config.layout != .text else { return [] }
    return tensors.map(\.name).filter { name in
      WeightNames.canonical(name, layout: config.layout).allSatisfy {
        !$0.name.hasPrefix(DecoderNames.prefix) && VisionNames.name(of: $0.name) == nil
      }
    }
  }
}

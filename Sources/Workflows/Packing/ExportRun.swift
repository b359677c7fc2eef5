// The work of `skyquant export`: a model in the layout that another program wants.
public import GGUFExport
internal import ModelFiles
internal import Storage

/// A model to write in another layout.
public struct ExportRun: Sendable {
  /// What can be written.
  public enum Layout: String, Sendable, CaseIterable {
    /// AutoAWQ's, as `quantize` writes it.
    case awq
    /// llm-compressor's pack-quantized.
    case compressedTensors = "compressed-tensors"
    /// One file for llama.cpp.
    case gguf = "gguf-q4_1"
  }

  /// A .skyq file or an AWQ directory.
  public var model: String
  /// The directory or file to write.
  public var output: String
  public var layout: Layout
  /// Whether existing output is replaced.
  public var overwrites = false

  /// An export to what does not exist yet.
  public init(model: String, output: String, layout: Layout = .awq) {
    self.model = model
    self.output = output
    self.layout = layout
  }

  /// What was written.
  public struct Result: Sendable {
    public let tensorCount: Int
    /// What a GGUF file holds otherwise than the model; nil for the other layouts, which lose nothing.
    public let gguf: GGUFExportReport?
  }

  /// Writes the model.
  /// - Throws: `ModelFilesError` for what the layout cannot hold, `StorageError`, `SafetensorsError`, `TokenizerError`;
  ///   what `observe` throws. Then nothing has the output's name.
  public func run(_ observe: RunObserver = { _ in }) throws -> Result {
    try requireOutput(output, keeping: [model])
    let file = try ModelFile.open(model)
    try file.tellLeftOut(observe)
    func advance(_ done: Int, _ total: Int) throws { try observe(.progress(.tensors, done: done, total: total)) }
    func checkpoint(_ format: CheckpointFormat) throws -> Result {
      try CheckpointExporter(file, as: format).export(to: output, overwriting: overwrites, onTensor: advance)
      return Result(tensorCount: file.tensors.count, gguf: nil)
    }
    switch layout {
    case .awq: return try checkpoint(.awq)
    case .compressedTensors: return try checkpoint(.compressedTensors)
    case .gguf:
      let report = try GGUFExporter(file).export(to: output, overwriting: overwrites, onTensor: advance)
      return Result(tensorCount: report.tensorCount, gguf: report)
    }
  }
}

// The work of `skyquant export`: a model in the layout that another program wants.
public import GGUFExport
public import ModelFiles
internal import Storage

/// A model to write in another layout.
public struct ExportRun: Sendable {
  /// What can be written.
  public enum Layout: Sendable, Equatable {
    /// A checkpoint directory.
    case checkpoint(CheckpointFormat)
    /// One file for llama.cpp.
    case gguf
  }

  /// A .skyq file or the directory of a quantized model.
  public var model: String
  /// The directory or file to write.
  public var output: String
  public var layout: Layout
  /// How many devices must be able to share the MLPs of a checkpoint, which are widened with zeros for that; nil to
  /// leave them as they are.
  public var devices: Int?
  /// Whether existing output is replaced.
  public var overwrites = false

  /// An export to what does not exist yet.
  public init(model: String, output: String, layout: Layout = .checkpoint(.awq)) {
    self.model = model
    self.output = output
    self.layout = layout
  }

  /// What was written.
  public struct Result: Sendable {
    public let tensorCount: Int
    /// How much wider the MLPs are; nil if they are not.
    public let widening: WidenedMLP?
    /// What a GGUF file holds otherwise than the model; nil for the other layouts, which lose nothing.
    public let gguf: GGUFExportReport?
  }

  /// Writes the model.
  /// - Throws: `ModelFilesError` for what the layout cannot hold, `StorageError`, `SafetensorsError`, `TokenizerError`;
  ///   what `observe` throws. Then nothing has the output's name.
  public func run(_ observe: RunObserver = { _ in }) throws -> Result {
    try requireOutput(output, keeping: [model])
    let file = try ModelFile.open(model)
    try file.carried.requireWhole()
    try file.tellCarried(observe)
    func advance(_ done: Int, _ total: Int) throws { try observe(.progress(.tensors, done: done, total: total)) }
    switch layout {
    case .checkpoint(let format):
      let exporter = try CheckpointExporter(file, as: format, sharedBy: devices)
      try exporter.export(to: output, overwriting: overwrites, onTensor: advance)
      return Result(tensorCount: file.tensors.count, widening: exporter.widening, gguf: nil)
    case .gguf:
      let report = try GGUFExporter(file).export(to: output, overwriting: overwrites, onTensor: advance)
      return Result(tensorCount: report.tensorCount, widening: nil, gguf: report)
    }
  }
}

extension ExportRun.Layout: CaseIterable, CustomStringConvertible {
  /// All of them.
  public static let allCases = CheckpointFormat.allCases.map(Self.checkpoint) + [.gguf]

  /// The layout called `name`.
  public init?(name: String) {
    guard let layout = Self.allCases.first(where: { $0.description == name }) else { return nil }
    self = layout
  }

  /// Its name.
  public var description: String {
    switch self {
    case .checkpoint(let format): format.name
    case .gguf: "gguf-q4_1"
    }
  }
}

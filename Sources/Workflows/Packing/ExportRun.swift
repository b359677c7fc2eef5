// The work of `skyquant export`: a model in the layout that another program wants.
internal import Basics
public import GGUFExport
public import ModelFiles
internal import ModelConfig
internal import ModelInputs
internal import Storage
internal import Tokenization

/// A model to write in another layout.
public struct ExportRun: Sendable {
  /// What can be written.
  public enum Layout: Sendable, Equatable {
    /// A checkpoint directory.
    case checkpoint(CheckpointFormat)
    /// Files for llama.cpp: one, or of a vision-language model a directory of two.
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
  /// Whether linears that a checkpoint's layout cannot hold are rounded once more.
  public var requantizes = false
  /// Choices of a GGUF export.
  public var gguf = GGUFOptions()
  /// Whether a GGUF export leaves the vision tower out.
  public var isTextOnly = false
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
    /// What rounding linears once more has cost; nil if none were.
    public let requantization: Requantization?
    /// What GGUF files hold otherwise than the model; nil for the other layouts, which lose nothing.
    public let gguf: GGUFExportReport?
  }

  /// Writes the model.
  /// - Throws: `ModelFilesError` and `GGUFExportError` for what the layout cannot hold, `WorkflowError` for
  ///   small files that cannot be used and for an output of the wrong kind, `StorageError`, `SafetensorsError`;
  ///   what `observe` throws. Then nothing has the output's name.
  public func run(_ observe: RunObserver = { _ in }) throws -> Result {
    try requireOutput(output, keeping: [model])
    let file = try ModelFile.open(model, readingActOrder: requantizes)
    try file.carried.requireWhole()
    try file.tellCarried(observe)
    func advance(_ done: Int, _ total: Int) throws { try observe(.progress(.tensors, done: done, total: total)) }
    switch layout {
    case .checkpoint(let format):
      let exporter = try CheckpointExporter(file, as: format, sharedBy: devices, requantizing: requantizes)
      let rounded = try exporter.export(to: output, overwriting: overwrites, onTensor: advance)
      return Result(
        tensorCount: file.tensors.count, widening: exporter.widening,
        requantization: rounded.isEmpty ? nil : rounded, gguf: nil)
    case .gguf:
      let report = try ggufExporter(file, observe).export(to: output, overwriting: overwrites, onTensor: advance)
      return Result(tensorCount: report.tensorCount, widening: nil, requantization: nil, gguf: report)
    }
  }
}

extension ExportRun {
  private func ggufExporter(_ file: ModelFile, _ observe: RunObserver) throws -> GGUFExporter {
    let isDirectory = !output.hasSuffix(".gguf"), hasTwoFiles = file.config.multimodal != nil && !isTextOnly
    guard isDirectory == hasTwoFiles else { throw WorkflowError.wrongOutput(model: model, isDirectory: isDirectory) }
    do {
      let settings = try isTextOnly ? nil : file.pictureSettings
      if let note = settings?.note { try observe(.warning("\(model.displayed): \(note)")) }
      return try GGUFExporter(file, options: gguf, pictures: settings.map(GGUFPictures.init))
    } catch let error as any CategorizedError
      where error is TokenizerError || error is ModelInputError
      || error is ChatTemplateError
    {
      throw WorkflowError.smallFiles(model: model, error)
    }
  }
}

extension ModelFile {
  /// How the model cuts pictures; nil for a text model.
  fileprivate var pictureSettings: PictureSettings? {
    get throws { try config.multimodal.map { try PictureSettings($0, layout: config.layout, files: files) } }
  }
}

extension GGUFPictures {
  /// In llama.cpp samples are always divided by 255.
  fileprivate init(_ settings: PictureSettings) {
    let range = settings.divisor / 255, isTiled = settings.usesDynamicTiling
    self.init(
      mean: settings.mean.map { $0 * range }, deviation: settings.deviation.map { $0 * range },
      minTiles: isTiled ? settings.minTiles : 1, maxTiles: isTiled ? settings.maxTiles : 1,
      usesThumbnail: settings.usesThumbnail)
  }
}

extension ExportRun.Layout: CaseIterable, CustomStringConvertible {
  /// All of them.
  public static let allCases = CheckpointFormat.allCases.map(Self.checkpoint) + [.gguf]

  /// The layout called `name`; `gguf-q4_1` is an earlier name of `gguf`.
  public init?(name: String) {
    let name = name == "gguf-q4_1" ? "gguf" : name
    guard let layout = Self.allCases.first(where: { $0.description == name }) else { return nil }
    self = layout
  }

  /// Its name.
  public var description: String {
    switch self {
    case .checkpoint(let format): format.name
    case .gguf: "gguf"
    }
  }
}

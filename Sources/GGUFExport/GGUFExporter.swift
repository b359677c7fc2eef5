// A quantized model as GGUF files for llama.cpp: the language model, and beside it vision tower and projector.
internal import Basics
internal import GGUF
internal import ModelConfig
public import ModelFiles
internal import Storage
internal import Tokenization

/// What GGUF files say otherwise than the model they were made from.
public struct GGUFExportReport: Sendable, Equatable {
  /// A file that was written.
  public struct File: Sendable, Equatable {
    /// The last part of its path.
    public let name: String
    public let byteCount: Int
    public let tensorCount: Int
  }

  /// The language model's, then the vision tower's if there is one.
  public var files: [File] = []
  /// Weights stored as Q4_1, 5 bits each, and as Q4_K, 4.5 bits each.
  public var q41WeightCount = 0, q4KWeightCount = 0
  /// The largest shift of a group by the rounding of its offset in Q4_1, in quantization steps.
  public var largestShift: Float = 0
  /// The largest squared error that Q4_K adds to a linear, relative to that of its rounding.
  public var largestAddedError = 0.0
  /// ‖rounded − exact‖ / ‖exact‖ of the matrices of vision tower and projector; nil if they are not written.
  public var visionError: Double?
  /// What could not be carried over at all, one line each.
  public var losses: [String] = []

  /// Bytes of all files.
  public var byteCount: Int { files.reduce(0) { $0 + $1.byteCount } }
  /// Tensors of all files.
  public var tensorCount: Int { files.reduce(0) { $0 + $1.tensorCount } }
}

/// Writes models as GGUF files.
public struct GGUFExporter {
  private let source: ModelFile
  private let language: LanguagePart
  private let vision: VisionPart?
  private let losses: [String]

  /// An exporter of `source`.
  /// - Parameter pictures: How the model sees them; nil for a text model, and to write the language model alone.
  /// - Throws: `ModelFilesError` for what llama.cpp has no counterpart of, and for weights that contradict the config;
  ///   `GGUFExportError.computedOtherwise`; `TokenizerError`.
  public init(_ source: ModelFile, options: GGUFOptions = GGUFOptions(), pictures: GGUFPictures? = nil) throws {
    guard source.config.quantization != nil else {
      throw ModelFilesError.unsupported(
        path: source.path, reason: "is not quantized; `skyquant quantize` does that")
    }
    try source.requireWeights()
    let listing = try VocabularyListing(files: source.files)
    self.source = source
    if let pictures, let multimodal = source.config.multimodal {
      if let difference = VisionDifference.first(source.config, pictures, addedTokens: listing.addedTokens) {
        throw GGUFExportError.computedOtherwise(path: source.path, difference)
      }
      vision = try VisionPart(source, multimodal, pictures, options)
    } else {
      vision = nil
    }
    language = try LanguagePart(source, listing, options)
    losses = language.losses + (vision == nil ? source.lossesOfText : source.lossesOfPictures)
  }

  /// Writes the file `path`, or if the vision tower is written, too, the directory `path` with `NAME.gguf` and
  /// `mmproj-NAME.gguf`, where NAME is the model's.
  /// - Parameter onTensor: Called with the number of tensors done and of all; what it throws ends the export.
  /// - Throws: `ModelFilesError` and `GGUFExportError` for values that the format cannot hold, `StorageError`;
  ///   then nothing has changed under the output's name.
  public func export(to path: String, overwriting: Bool, onTensor: (Int, Int) throws -> Void) throws -> GGUFExportReport
  {
    var report = GGUFExportReport(), done = 0
    report.losses = losses
    let total = language.plan.tensors.count + (vision?.plan.tensors.count ?? 0)
    func advance() throws {
      done += 1
      try onTensor(done, total)
    }
    if let vision {
      try write(vision, to: path, overwriting, &report, advance)
    } else {
      try writeLanguage(to: path, overwriting, &report, advance)
    }
    return report
  }

  private func writeLanguage(
    to path: String, _ overwriting: Bool, _ report: inout GGUFExportReport, _ onTensor: () throws -> Void
  ) throws {
    let plan = language.plan
    let file = try AtomicFileWriter(
      path: path, overwriting: overwriting, permissions: source.permissions, byteCount: plan.fileByteCount)
    try file.reserve(plan.fileByteCount)
    var writer = try GGUFWriter(plan, to: file)
    try language.write(into: &writer, &report, onTensor: onTensor)
    try writer.finish().commit()
    report.add(path.split(separator: "/").last.map(String.init) ?? path, plan)
  }

  private func write(
    _ vision: VisionPart, to path: String, _ overwriting: Bool, _ report: inout GGUFExportReport,
    _ onTensor: () throws -> Void
  ) throws {
    let sizes = [language.plan.fileByteCount, vision.plan.fileByteCount]
    let names = [source.plainName + ".gguf", "mmproj-" + source.plainName + ".gguf"]
    var directory = try StagedDirectory(
      path: path, overwriting: overwriting, permissions: source.permissions, byteCount: sizes[0] + sizes[1],
      largestFile: max(sizes[0], sizes[1]))
    var writer = try begun(names[0], language.plan, in: &directory)
    try language.write(into: &writer, &report, onTensor: onTensor)
    try writer.finish().synchronize()
    writer = try begun(names[1], vision.plan, in: &directory)
    report.visionError = try vision.write(into: &writer, onTensor: onTensor)
    try writer.finish().synchronize()
    try directory.commit()
    report.add(names[0], language.plan)
    report.add(names[1], vision.plan)
  }

  private func begun(
    _ name: String, _ plan: GGUFPlan, in directory: inout StagedDirectory
  ) throws -> GGUFWriter<FileWriter> {
    let file = try directory.create(name)
    try file.reserve(plan.fileByteCount)
    return try GGUFWriter(plan, to: file)
  }
}

extension GGUFExportReport {
  fileprivate mutating func add(_ name: String, _ plan: GGUFPlan) {
    files.append(File(name: name, byteCount: plan.fileByteCount, tensorCount: plan.tensors.count))
  }
}

extension ModelFile {
  /// What the language model's file alone does not have.
  fileprivate var lossesOfText: [String] { config.multimodal == nil ? [] : ["vision tower and projector"] }

  /// What llama.cpp makes otherwise of pictures, whatever stands in the files.
  fileprivate var lossesOfPictures: [String] {
    let unread = unreadTensors
    let others =
      unread.first.map {
        [
          "tensors that the model does not read: '\($0.displayed)'"
            + (unread.count > 1 ? " and \(unread.count - 1) more" : "")
        ]
      } ?? []
    return others + [
      "how pictures are cut: llama.cpp keeps their proportions on black bars, and resamples without antialiasing",
      "the line break after a picture: begin questions with one",
    ]
  }
}

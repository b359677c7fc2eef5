// The work of `skyquant verify`: prompts, all models side by side, answers, reports.
internal import Companions
public import Kernels
internal import ModelConfig
internal import ModelFiles
public import ModelInputs
internal import ReferenceModel
public import Verification

/// Quantized models to compare with their original.
public struct VerificationRun: Sendable {
  /// The quantized models: directories or .skyq files. Each is compared as if it were alone, and with each other one.
  public var candidates: [String]
  /// The directory of the original, which is computed once for all.
  public var reference: String
  /// What all are asked.
  public var samples: SampleSource
  /// The longest answer to generate, 0 for none; nil leaves answers out where they would take hours, and says so.
  public var answerTokens: Int?
  /// How questions become prompts.
  public var prompt = PromptSettings()
  /// Limits that turn the report into a pass or a failure.
  public var gates: [Gate] = []
  /// Whether gates let files pass that mean something else than the reference's.
  public var allowsDifferentFiles = false
  /// Whether the reference may be quantized itself: what a conversion was made from.
  public var allowsQuantizedReference = false
  /// What multiplies matrices.
  public var numericMode = NumericMode.exact
  /// Bytes of memory that the run may take; nil for a share of what there is, see `MemoryLimit`. No number
  /// depends on it.
  public var memoryLimit: Int?

  /// Where the page for people goes, if one is wanted.
  public var page: PageFile?

  /// The longest answer unless something else is asked for.
  public static let defaultAnswerTokens = 48

  /// A comparison of several models with default settings.
  public init(candidates: [String], reference: String, samples: SampleSource) {
    self.candidates = candidates
    self.reference = reference
    self.samples = samples
  }

  /// A comparison of one model with default settings.
  public init(quantized: String, reference: String, samples: SampleSource) {
    self.init(candidates: [quantized], reference: reference, samples: samples)
  }

  /// Streams all models through the samples and lets them answer the questions.
  /// - Returns: One report for each candidate, the one that it has alone, and their differences.
  /// - Throws: `WorkflowError` for models of different sizes, for models in another's role, and for samples without a
  ///   token; `MemoryShortage`; what opening the models and reading the samples throws; what `observe` throws.
  public func run(_ observe: RunObserver = { _ in }) throws -> CandidatesReport {
    let start = try started(observe)
    let (original, quantized, asked) = (start.original, start.quantized, start.asked)
    let notes = try notes(start, observe)
    let answerTokens = try answerLength(start, observe)
    // Before all weights of the towers are read.
    _ = try memory(start, answerTokens: answerTokens, towers: start.models.likelyTowers)
    let memory = try memory(start, answerTokens: answerTokens, towers: start.towers())
    try observe(.memoryUse(memory.use))
    let tiles = TileTokens(
      towerCount: start.models.count, keptByteCount: 0, pinnedByteCount: memory.comparison.pinnedByteCount)
    let results = try compared(start, memory, tiles, observe)
    tiles.keptByteCount = memory.answers.map(\.keptByteCount).min() ?? 0
    let answers = try answers(start, memory, tiles, observe)
    let reports = try quantized.indices.map { number in
      guard
        var report = VerificationReport(
          quantizedName: candidates[number], referenceName: reference,
          renderedPrompt: asked.first?.input.renderedPrompt ?? "", result: results[number], answers: answers?[number],
          gates: gates, files: try quantized[number].companions.differences(from: original.companions),
          allowsDifferentFiles: allowsDifferentFiles, numericMode: original.model.numericMode.name)
      else { throw WorkflowError.nothingToCompare(path: samples.name) }
      report.warnings = notes[number]
      report.sampleFile = start.files.first.map { ($0.name, "\($0.sha256)", !start.seen[number].isEmpty) }
      report.worstTokens = worstTokens(results[number], asked, original)
      return report
    }
    let report = CandidatesReport(reports, results: results, sizes: quantized.map { CandidateSize($0.file) })
    try writePage(report, asked, original, quantized)
    return report
  }

  /// What a run begins with.
  struct Started {
    let original: LoadedModel
    let quantized: [LoadedModel]
    let asked: [SampleSource.Sample]
    /// The questions or the text, then the pictures.
    let files: [SourceDigest]
    /// For each candidate what it was calibrated on of them, one line each.
    let seen: [[String]]

    var models: [LoadedModel] { [original] + quantized }

    /// For each model the number of the first one that has the same vision tower.
    func towers() throws -> [Int] {
      asked.contains { !$0.input.tileCounts.isEmpty } ? try models.towers() : Array(models.indices)
    }
  }

  /// Opens the models and reads the samples, and refuses what can be refused before anything is computed.
  func started(_ observe: RunObserver) throws -> Started {
    precondition(!candidates.isEmpty, "something to verify")
    try page?.requireName(keeping: candidates + [reference] + samples.paths())
    let (original, quantized) = try models()
    var files = CalibrationFiles()
    let asked = try samples.samples(original.builder, noting: &files) {
      try observe(.progress(.prompts, done: $0, total: $1))
    }
    try requireQuantized(quantized, asked)
    let seen = zip(candidates, quantized).map { $1.file.seenBefore(files.files, path: $0) }
    return Started(original: original, quantized: quantized, asked: asked, files: files.files, seen: seen)
  }

  /// What is to be known of the samples, one line each, for each candidate.
  private func notes(_ start: Started, _ observe: RunObserver) throws -> [[String]] {
    let asked = start.asked
    let ofFiles = try samples.notes() + asked.flatMap(\.input.remarks)
    let asksQuestions = asked.contains { !$0.question.isPlainText }
    let ofQuestions =
      (asksQuestions ? start.original.promptNotes : [])
      + lacks(of: asked, seesPictures: start.original.file.config.multimodal != nil)
    for note in ofFiles + start.seen.flatMap(\.self) + ofQuestions { try observe(.warning(note)) }
    return start.seen.map { ofFiles + $0 + ofQuestions }
  }

  /// What samples have not that a verification should, one line each.
  private func lacks(of asked: [SampleSource.Sample], seesPictures: Bool) -> [String] {
    let questions = asked.filter { !$0.question.isPlainText }
    var lacks: [String] = []
    if seesPictures, !asked.isEmpty, asked.allSatisfy(\.input.tileCounts.isEmpty) {
      lacks.append(
        "verified without a picture, though the model sees: ask about pictures like those that it will be shown")
    }
    if !questions.isEmpty, questions.allSatisfy({ $0.question.answer == nil }) {
      lacks.append("no question has an answer: answer tokens are not compared")
    }
    return lacks
  }
}

extension CandidateSize {
  /// The size of a model, from its headers.
  fileprivate init(_ file: ModelFile) {
    let summary = ModelSummary(file)
    self.init(
      byteCount: summary.byteCount, bitsPerWeight: summary.bitsPerWeight() ?? 0,
      bitsPerLinearWeight: summary.bitsPerWeight { $0 == .languageLinears } ?? 0)
  }
}

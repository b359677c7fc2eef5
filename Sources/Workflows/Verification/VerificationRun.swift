// The work of `skyquant verify`: prompts, both models side by side, answers, report.
internal import Basics
internal import Companions
public import Kernels
internal import ModelConfig
internal import ModelFiles
public import ModelInputs
internal import ReferenceModel
internal import Tensors
public import Verification

/// Two models to compare.
public struct VerificationRun: Sendable {
  /// The quantized model: a directory or a .skyq file.
  public var quantized: String
  /// The directory of the original.
  public var reference: String
  /// What both are asked.
  public var samples: SampleSource
  /// The longest answer to generate, 0 for none; nil leaves answers out where they would take hours, and says so.
  public var answerTokens: Int?
  /// How questions become prompts.
  public var prompt = PromptSettings()
  /// Limits that turn the report into a pass or a failure.
  public var gates: [Gate] = []
  /// Whether gates let files pass that mean something else than the reference's.
  public var allowsDifferentFiles = false
  /// What multiplies matrices.
  public var numericMode = NumericMode.exact

  /// Where the page for people goes, if one is wanted.
  public var page: PageFile?

  /// The longest answer unless something else is asked for.
  public static let defaultAnswerTokens = 48

  /// Bytes of weights of an original that answers unasked: each token of an answer reads all of them.
  private static let answeringByteCount = 16 << 30

  /// A comparison with default settings.
  public init(quantized: String, reference: String, samples: SampleSource) {
    self.quantized = quantized
    self.reference = reference
    self.samples = samples
  }

  /// Streams both models through the samples and lets them answer the questions.
  /// - Throws: `WorkflowError` for models of different sizes and for samples without a token; what opening the models and
  ///   reading the samples throws; what `observe` throws.
  public func run(_ observe: RunObserver = { _ in }) throws -> VerificationReport {
    try page?.requireName(keeping: [quantized, reference] + samples.paths())
    let original = try LoadedModel(reference, prompt: prompt, numericMode: numericMode)
    let candidate = try LoadedModel(quantized, prompt: prompt, numericMode: numericMode)
    try requireComparable(original.file.config.text, candidate.file.config.text)
    try requireRoles(original.file.config, candidate.file.config)
    var files = CalibrationFiles()
    let asked = try samples.samples(original.builder, noting: &files) {
      try observe(.progress(.prompts, done: $0, total: $1))
    }
    var notes = try samples.notes() + asked.flatMap(\.input.remarks) + seenBefore(files.files, candidate.file)
    if asked.contains(where: { !$0.question.isPlainText }) { notes += original.promptNotes }
    notes += lacks(of: asked, seesPictures: original.file.config.multimodal != nil)
    for note in notes { try observe(.warning(note)) }
    let layerCount = original.model.language.layerCount
    let pairs = try pairs(asked, original, candidate, observe)
    let result = try ModelComparison(reference: original.model.language, quantized: candidate.model.language)
      .run(pairs) {
        for model in [original, candidate] { model.file.releasePages() }
        try observe(.progress(.layers, done: $0, total: layerCount))
      }
    let answers = try answers(
      asked, pairs, original, candidate, maxTokens: answerLength(asked, original, observe), observe)
    guard
      var report = VerificationReport(
        quantizedName: quantized, referenceName: reference, renderedPrompt: asked.first?.input.renderedPrompt ?? "",
        result: result, answers: answers, gates: gates,
        files: try candidate.companions.differences(from: original.companions),
        allowsDifferentFiles: allowsDifferentFiles, numericMode: original.model.numericMode.name)
    else { throw WorkflowError.nothingToCompare(path: samples.name) }
    report.warnings = notes
    report.worstTokens = worstTokens(result, asked, original)
    try writePage(report, asked, original, candidate)
    return report
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

  /// Checks that hidden states and logits of both models can be compared.
  private func requireComparable(_ original: TextConfig, _ candidate: TextConfig) throws(WorkflowError) {
    let counts = [
      ("layers", original.layerCount, candidate.layerCount),
      ("hidden features", original.hiddenSize, candidate.hiddenSize),
      ("rows of the vocabulary", original.vocabularySize, candidate.vocabularySize),
    ]
    guard let (what, first, second) = counts.first(where: { $0.1 != $0.2 }) else { return }
    throw .differentModels(reference: reference, quantized: quantized, what: what, counts: (first, second))
  }

  /// Checks that the original is one, and that the candidate has something to verify.
  private func requireRoles(_ original: ModelConfig, _ candidate: ModelConfig) throws(WorkflowError) {
    switch (original.quantization == nil, candidate.quantization == nil) {
    case (true, false): return
    case (false, true): throw .swappedModels(quantized: reference, reference: quantized)
    case (false, false): throw .quantizedReference(path: reference)
    case (true, true): throw .notQuantized(path: quantized)
    }
  }

  /// Says if the candidate was calibrated on what it is to be judged by.
  private func seenBefore(_ files: [SourceDigest], _ candidate: ModelFile) -> [String] {
    guard let recorded = (try? ModelProvenance(candidate))?.calibration.flatMap(CalibrationRecord.init) else {
      return []
    }
    let known = Set(recorded.files.map(\.sha256))
    guard let first = files.first else { return [] }
    let flatters = "the numbers flatter it; verify on others"
    guard !known.contains(first.sha256) else {
      return ["\(quantized.displayed) was calibrated on \(first.name.displayed): \(flatters)"]
    }
    let pictures = files.dropFirst(), seen = pictures.count { known.contains($0.sha256) }
    return seen == 0
      ? [] : ["\(quantized.displayed) was calibrated on \(seen) of these \(pictures.count) pictures: \(flatters)"]
  }

  /// The samples as both models embed them. Both read the original's ids, whatever the candidate's tokenizer calls them.
  private func pairs(
    _ asked: [SampleSource.Sample], _ original: LoadedModel, _ candidate: LoadedModel, _ observe: RunObserver
  ) throws -> [VerificationSample] {
    let imageContextID = original.builder.imageContextID
    let inputs = asked.map(\.input)
    var pairs: [VerificationSample] = []
    try InputEmbedder([original, candidate]).embed(
      inputs, onTile: { try observe(.progress(.visionTower, done: $0, total: $1)) }
    ) { index, embeddings in
      pairs.append(
        VerificationSample(
          reference: embeddings[0], quantized: embeddings[1], ids: inputs[index].ids,
          classes: inputs[index].tokenClasses(imageContextID: imageContextID)))
    }
    return pairs
  }

  /// The longest answer to generate.
  private func answerLength(
    _ asked: [SampleSource.Sample], _ original: LoadedModel, _ observe: RunObserver
  ) throws -> Int {
    if let answerTokens { return answerTokens }
    let isLarge = original.file.weightByteCount > Self.answeringByteCount
    guard isLarge, asked.contains(where: { !$0.question.isPlainText }) else { return Self.defaultAnswerTokens }
    try observe(
      .warning(
        "no answers are generated, which takes hours with a model of this size; ask for them with --answer-tokens "
          + "\(Self.defaultAnswerTokens)"))
    return 0
  }

  /// Greedy answers of both models to the questions that are not plain text.
  /// - Parameter embedded: What was asked, in front of the first decoder layer.
  private func answers(
    _ asked: [SampleSource.Sample], _ embedded: [VerificationSample], _ original: LoadedModel,
    _ candidate: LoadedModel, maxTokens: Int, _ observe: RunObserver
  ) throws -> AnswerSummary? {
    let questions = zip(1..., zip(asked, embedded)).filter { !$0.1.0.question.isPlainText }
    guard maxTokens > 0, !questions.isEmpty else { return nil }
    let total = 2 * questions.count
    let said = try [\VerificationSample.reference, \.quantized].enumerated().map { done, embeddings in
      let prompts = questions.map { _, item in item.1[keyPath: embeddings].rows(0..<item.0.input.answerStart) }
      return try answers(to: prompts, of: done == 0 ? original : candidate, maxTokens: maxTokens) {
        try observe(.progress(.answers, done: done * questions.count + $0, total: total))
      }
    }
    return AnswerSummary(
      questions.enumerated().map { index, item in
        let (number, (asked, _)) = item
        return AnswerPair(
          sample: number, question: asked.question.text, kind: asked.question.kind, expected: asked.question.answer,
          reference: said[0][index], quantized: said[1][index])
      })
  }

  /// One model's answers to prompts, generated together.
  /// - Parameter onAnswer: Called with the number of answers that there are.
  private func answers(
    to prompts: [Tensor], of model: LoadedModel, maxTokens: Int, onAnswer: (Int) throws -> Void
  ) throws -> [String] {
    var texts = [String](repeating: "", count: prompts.count)
    var (waiting, answered) = (prompts.makeIterator(), 0)
    try AnswerEngine(model).generate {
      waiting.next().map { GenerationRequest(prompt: $0, maxTokens: maxTokens) }
    } onAnswer: { number, answer in
      texts[number] = answer.text
      answered += 1
      try onAnswer(answered)
    }
    return texts
  }
}

// The work of `skyquant evaluate`: rows of benchmarks, models that are asked them, scores.
internal import Basics
public import Benchmarks
public import Evaluation
public import Kernels
internal import ModelFiles
public import ModelInputs
public import ReferenceModel
internal import Storage

/// Models to score on benchmarks, and perhaps to compare with their original.
public struct EvaluationRun: Sendable {
  /// What the models are compared with.
  public enum Reference: Sendable, Equatable {
    /// The original, which is asked like the others.
    case model(path: String)
    /// The original's answers, a file for each benchmark in the same order.
    case answers(paths: [String])
  }

  /// Checkpoint directories, AWQ directories or .skyq files.
  public var models: [String]
  /// TSV files as VLMEvalKit has them, or questions of our own (`.jsonl`).
  public var benchmarks: [String]
  /// The original; nil scores the models and compares nothing.
  public var reference: Reference?
  /// How the parts of a prompt become one string.
  public var layout = PromptLayout.front
  /// How answers come about.
  public var mode = EvaluationMode.generate
  /// What is asked for as an answer, in the place of the benchmarks' own words.
  public var instruction: String?
  /// How questions become prompts.
  public var prompt = PromptSettings()
  /// Most tokens of an answer.
  public var maxTokens = defaultMaxTokens
  /// Most rows of each benchmark, by whole groups; nil for all.
  public var limit: Int?
  /// Which rows those are, and what is drawn.
  public var seed: UInt64 = 0
  /// Keeps options such as `None`, which VLMEvalKit loses.
  public var keepsMissingWords = false
  /// Ends the run at the first row that cannot be used.
  public var isStrict = false
  /// How tokens are drawn; its seed is `seed`, for each answer made into another one.
  public var sampling = SamplingOptions.greedy
  /// Answers to each row; more than one make sense if they are drawn.
  public var samples = 1
  /// Whether the original is asked once more in other ways, to see which flips come from that alone.
  public var measuresFloor = false
  /// Rows answered together at most; no answer depends on it.
  public var batchSize = defaultBatchSize
  /// Where answers are kept, so that a stopped run can go on; nil keeps none.
  public var answers: String?
  /// What multiplies matrices.
  public var numericMode = NumericMode.exact
  /// Bytes of memory that the run may take, which is refused before the work if they are too few; nil for a
  /// share of what there is, see `MemoryLimit`. No answer depends on it.
  public var memoryLimit: Int?
  /// Where the page for people goes, if one is wanted.
  public var page: PageFile?

  /// `maxTokens` unless something else is asked for.
  public static let defaultMaxTokens = 4096
  /// `batchSize` unless something else is asked for: answers that begin together may end together, and those that have
  /// not are lost with a killed run.
  public static let defaultBatchSize = 16

  /// An evaluation with default settings.
  public init(models: [String], benchmarks: [String]) {
    self.models = models
    self.benchmarks = benchmarks
  }

  /// Asks every model every row that the log of answers has no answer to, and scores all answers.
  /// - Throws: `WorkflowError` for benchmarks without a usable row, and for a text model that is to see pictures;
  ///   `MemoryShortage` for a limit that is given; `BenchmarkError` and, in a strict run, what is wrong with a row;
  ///   what opening the models, reading the files and writing the log throws; what `observe` throws.
  public func run(_ observe: RunObserver = { _ in }) throws -> ScoreReport {
    precondition(!models.isEmpty && !benchmarks.isEmpty && samples >= 1, "something to evaluate")
    try page?.requireName(keeping: models + benchmarks + referencePaths, besides: answers.map { [$0] } ?? [])
    var rows = try askedRows()
    let given = try givenAnswers(&rows)
    let asked = try askedModels(rows, observe)
    let log = try AnswerLog(
      path: answers,
      permissions: asked.reduce(OutputPermissions(from: benchmarks)) {
        $0.intersection($1.loaded.file.permissions)
      })
    let ways = try otherWays(asked)
    let memory = try memory(asked, rows)
    try observe(.memoryUse(memory.use))
    var progress = AnswerProgress(
      total: (asked.count + ways.count) * samples * rows.reduce(0) { $0 + $1.numbers.count })
    var answersOfModels: [[[Int: [GivenAnswer]]]] = []  // by model, benchmark and row
    for (model, room) in zip(asked, memory.rooms(asked)) {
      var ofModel: [[Int: [GivenAnswer]]] = []
      for index in rows.indices {
        let pass = try EvaluationPass(model, rows[index].file, self)
        ofModel.append(try pass.answers(&rows[index], log, room, &progress, observe))
      }
      answersOfModels.append(ofModel)
      model.loaded.file.releasePages()
    }
    var again: [(change: String, answers: [[Int: [GivenAnswer]]])] = []
    let unlogged = try AnswerLog(path: nil, permissions: .everyone)
    for way in ways {
      let room = memory.room(way.original, batchSize: way.run.batchSize)
      var ofWay: [[Int: [GivenAnswer]]] = []
      for index in rows.indices {
        let pass = try EvaluationPass(way.original, rows[index].file, way.run)
        ofWay.append(try pass.answers(&rows[index], way.isLogged ? log : unlogged, room, &progress, observe))
      }
      again.append((way.change, ofWay))
    }
    let report = try report(rows, asked, given, answersOfModels, again: again)
    try writePage(report, rows, asked, given, answersOfModels)
    return report
  }

  private var referencePaths: [String] {
    switch reference {
    case .model(let path): [path]
    case .answers(let paths): paths
    case nil: []
    }
  }

  // MARK: Before

  /// A model that is asked.
  struct AskedModel {
    let loaded: LoadedModel
    let contentID: String
    /// The number of its vision tower; equal towers have one number.
    let tower: Int
  }

  /// The rows of all benchmarks.
  /// - Throws: `WorkflowError.nothingToAsk`; what reading the files throws; in a strict run the first fault.
  func askedRows() throws -> [AskedRows] {
    try benchmarks.map { path in
      try AskedRows(
        BenchmarkFile(path, keepsMissingWords: keepsMissingWords), limit: limit, seed: seed, isStrict: isStrict)
    }
  }

  /// The files of the original's answers; empty if there are none. Rows that they have no answer to are not asked.
  func givenAnswers(_ rows: inout [AskedRows]) throws -> [AnswersFile] {
    guard case .answers(let paths) = reference else { return [] }
    precondition(paths.count == rows.count, "a file of answers for each benchmark")
    var given: [AnswersFile] = []
    for (index, path) in paths.enumerated() {
      let file = try AnswersFile(path, benchmark: rows[index].file.source.digest.description)
      for number in rows[index].numbers {
        let row = try rows[index].file.source.row(number)
        let wanted = file.count(beside: samples)
        if file.answers(to: row.index, count: wanted) == nil {
          try rows[index].leaveOut(number, row.fault(.noAnswer(file: path, wanted: wanted)))
        }
      }
      given.append(file)
    }
    return given
  }

  /// All models, the original first, weights mapped and not read.
  func openedModels(_ rows: [AskedRows], _ observe: RunObserver) throws -> [LoadedModel] {
    var paths = models
    if case .model(let path) = reference { paths.insert(path, at: 0) }
    let loaded = try paths.map { try LoadedModel($0, prompt: prompt, numericMode: numericMode) }
    for model in loaded {
      _ = try model.builder.template  // one that cannot be used is no row's fault
      for note in model.promptNotes { try observe(.warning(note)) }
      guard model.builder.pictures == nil else { continue }
      for rows in rows where rows.numbers.contains(where: { rows.file.source.pictureKey($0) != nil }) {
        throw WorkflowError.cannotSee(model: model.file.path, benchmark: rows.file.path)
      }
    }
    return loaded
  }

  /// Opens all models before any is asked for hours.
  private func askedModels(_ rows: [AskedRows], _ observe: RunObserver) throws -> [AskedModel] {
    let loaded = try openedModels(rows, observe)
    let showsPictures = rows.contains { rows in rows.numbers.contains { rows.file.source.pictureKey($0) != nil } }
    let towers = showsPictures && loaded.count > 1 ? try loaded.towers() : Array(loaded.indices)
    return try zip(loaded, towers).map { model, tower in
      let id = try model.file.contentID { try observe(.progress(.hashing, done: $0, total: $1)) }
      return AskedModel(loaded: model, contentID: id, tower: tower)
    }
  }
}

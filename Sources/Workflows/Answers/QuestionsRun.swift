// The work of `skyquant run --questions`: a file of questions, answered together and told in its order.
public import JSON
public import Kernels
public import ModelInputs
internal import ReferenceModel

/// Questions of a file to a model.
public struct QuestionsRun: Sendable {
  /// A checkpoint directory, an AWQ directory or a .skyq file.
  public var model: String
  /// A file of JSON, a table in VLMEvalKit's form (`.tsv`), or a folder of pictures.
  public var questions: String
  /// Only so many questions are asked, the first ones; nil for all.
  public var limit: Int?
  /// The directory that holds all pictures; nil if they may lie anywhere.
  public var imagesRoot: String?
  /// How they become prompts.
  public var prompt = PromptSettings()
  /// How answers are made; for each question as if it were the only one.
  public var settings = AnswerSettings()
  /// Questions answered together at most; no answer depends on it.
  public var batchSize = AnswerEngine.defaultBatchSize
  /// Bytes of memory that the run may take; nil for a share of what there is, see `MemoryLimit`, that a long question may
  /// exceed. No answer depends on it.
  public var memoryLimit: Int?
  /// What multiplies matrices.
  public var numericMode = NumericMode.exact

  /// Questions with default settings.
  public init(model: String, questions: String) {
    self.model = model
    self.questions = questions
  }

  /// A question and what the model said.
  public struct Item: Sendable {
    public let question: Question
    /// The prompt as the model read it.
    public let prompt: String
    public let answer: GeneratedAnswer

    /// All of it for programs.
    var json: JSONValue {
      var object: JSONObject = [
        "question": .string(question.text), "images": .array(question.images.map { .string($0) }),
        "rendered_prompt": .string(prompt), "answer": .string(answer.text), "tokens": .integer(answer.ids.count),
        "finished": .bool(answer.isFinished),
      ]
      if let expected = question.answer { object["expected"] = .string(expected) }
      if let kind = question.kind { object["kind"] = .string(kind) }
      return .object(object)
    }
  }

  /// How all answers were made.
  public struct Making: Sendable {
    /// What they were computed with.
    public let numericMode: String
    /// The settings, for programs.
    let settings: JSONValue
  }

  /// All answers for programs.
  public static func json(_ items: [Item], _ making: Making) -> JSONValue {
    [
      "schema": "skyquant.answers/1", "numeric_mode": .string(making.numericMode), "settings": making.settings,
      "answers": .array(items.map(\.json)),
    ]
  }

  /// Opens the model and asks it. Questions are read and pictures decoded as there is room for them.
  /// - Parameter onItem: Called with each question and its answer, in the order of the file; what it throws
  ///   ends the run.
  /// - Returns: How the answers were made.
  /// - Throws: what `LoadedModel` throws; `StorageError`, `BenchmarkError` for a table, `QuestionError` with
  ///   the place of
  ///   a question that cannot be asked; `ReferenceModelError`; `WorkflowError.pictureOutside`; `MemoryShortage` before the
  ///   first answer; what the closures throw.
  public func run(onItem: (Item) throws -> Void, observe: RunObserver = { _ in }) throws -> Making {
    let file = try QuestionFile(path: questions, imagesRoot: imagesRoot, limit: limit ?? .max)
    let asked = file.questions
    let loaded = try LoadedModel(model, prompt: settings.applied(to: prompt), numericMode: numericMode)
    for note in file.notes { try observe(.warning(note)) }
    var template: String?
    if asked.contains(where: { !$0.question.isPlainText }) {
      // A template that cannot be used is no question's fault.
      template = try loaded.builder.template.name
      for note in loaded.promptNotes { try observe(.warning(note)) }
    }
    var prompts: [String] = []
    var answered = InOrder<GeneratedAnswer>()
    var told = 0
    try engine(loaded, file, observe).answer {
      guard prompts.count < asked.count else { return nil }
      let input = try input(asked[prompts.count], of: file, loaded)
      for remark in input.remarks { try observe(.warning(remark)) }
      prompts.append(input.renderedPrompt)
      return AnswerRequest(input, sampling: settings.sampling, maxTokens: settings.maxTokens)
    } onAnswer: { number, answer in
      for answer in answered.add(answer, number) {
        try onItem(Item(question: asked[told].question, prompt: prompts[told], answer: answer))
        told += 1
        try observe(.progress(.answers, done: told, total: asked.count))
      }
    }
    return Making(numericMode: loaded.model.numericMode.name, settings: settings.json(template: template))
  }

  /// A question of `file` as the model reads it.
  private func input(
    _ asked: (question: Question, place: QuestionError.Place), of file: QuestionFile, _ loaded: LoadedModel
  ) throws -> ModelInput {
    try file.input(
      for: (settings.images.placed(in: asked.question), asked.place), loaded.builder, includesAnswer: false)
  }

  /// What answers. If a limit of memory is given, all questions are looked at for it.
  private func engine(
    _ loaded: LoadedModel, _ file: QuestionFile, _ observe: RunObserver
  ) throws -> AnswerEngine {
    guard let memoryLimit else { return AnswerEngine(loaded, batchSize: batchSize) }
    var load = AnswerLoad()
    for asked in file.questions {
      // What is wrong with a question is told where it is asked.
      if let input = try? input(asked, of: file, loaded) { load.add(input, answerTokens: settings.maxTokens) }
    }
    return AnswerEngine(
      loaded, try AnswerMemory(loaded, load, batchSize: batchSize, within: MemoryLimit(memoryLimit), observe))
  }
}

// The work of `skyquant run --questions`: a file of questions, answered together and told in its order.
public import JSON
public import Kernels
public import ModelInputs
public import ReferenceModel

/// Questions of a file to a model.
public struct QuestionsRun: Sendable {
  /// A checkpoint directory, an AWQ directory or a .skyq file.
  public var model: String
  /// One JSON object a line; see `Question`.
  public var questions: String
  /// Only so many questions are asked, the first ones; nil for all.
  public var limit: Int?
  /// The directory that holds all pictures; nil if they may lie anywhere.
  public var imagesRoot: String?
  /// How they become prompts.
  public var prompt = PromptSettings()
  /// How tokens are drawn; for each question as if it were the only one.
  public var sampling = SamplingOptions.greedy
  /// Most tokens to produce for a question.
  public var maxTokens = AnswerRun.defaultMaxTokens
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

  /// All answers for programs.
  /// - Parameter numericMode: What they were computed with.
  public static func json(_ items: [Item], numericMode: String) -> JSONValue {
    [
      "schema": "skyquant.answers/1", "numeric_mode": .string(numericMode),
      "answers": .array(items.map(\.json)),
    ]
  }

  /// Opens the model and asks it.
  /// - Parameter onItem: Called with each question and its answer, in the order of the file; what it throws ends the run.
  /// - Returns: What the answers were computed with.
  /// - Throws: what `LoadedModel` throws; `QuestionError`, `ModelInputError`, `ImageError`, `StorageError`,
  ///   `ReferenceModelError`; `WorkflowError.pictureOutside`; what the closures throw.
  public func run(onItem: (Item) throws -> Void, observe: RunObserver = { _ in }) throws -> String {
    let file = try QuestionFile(path: questions, imagesRoot: imagesRoot, limit: limit ?? .max)
    let loaded = try LoadedModel(model, prompt: prompt, numericMode: numericMode)
    if file.questions.contains(where: { !$0.isPlainText }) {
      for note in loaded.promptNotes { try observe(.warning(note)) }
    }
    var asked: [(question: Question, prompt: String)] = []
    var answered = InOrder<GeneratedAnswer>()
    var told = 0
    try AnswerEngine(loaded).answer {
      guard asked.count < file.questions.count else { return nil }
      let question = file.questions[asked.count]
      let input = try loaded.builder.input(for: question, includesAnswer: false, readImage: file.readImage)
      asked.append((question, input.renderedPrompt))
      return AnswerRequest(input, sampling: sampling, maxTokens: maxTokens)
    } onAnswer: { number, answer in
      for answer in answered.add(answer, number) {
        try onItem(Item(question: asked[told].question, prompt: asked[told].prompt, answer: answer))
        told += 1
        try observe(.progress(.answers, done: told, total: file.questions.count))
      }
    }
    return loaded.model.numericMode.name
  }
}

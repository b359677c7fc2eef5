// The work of `skyquant run`: one question, one answer, and a trace if asked for.
public import JSON
public import Kernels
internal import ModelFiles
public import ModelInputs
internal import ReferenceModel
internal import Storage

/// A question to a model.
public struct AnswerRun: Sendable {
  /// A checkpoint directory, quantized or not, or a .skyq file.
  public var model: String
  /// What is asked, with the paths of its pictures.
  public var question: Question
  /// How it becomes a prompt.
  public var prompt = PromptSettings()
  /// How the answer is made.
  public var settings = AnswerSettings()
  /// What multiplies matrices.
  public var numericMode = NumericMode.exact
  /// Bytes of memory that the answer may take; nil for no limit. A trace is not held to it.
  public var memoryLimit: Int?
  /// Where every intermediate tensor of the prompt goes, if that is wanted.
  public var trace: TraceFile?

  /// A question with default settings.
  public init(model: String, question: Question) {
    self.model = model
    self.question = question
  }

  /// What the model said.
  public struct Answer: Sendable {
    /// The prompt as the model read it.
    public let prompt: String
    /// What it said, special tokens left out.
    public let text: String
    /// What it was computed with.
    public let numericMode: String
    /// How it was made, for programs.
    let settings: JSONValue

    /// All of it for programs.
    public var json: JSONValue {
      [
        "schema": "skyquant.run/1", "rendered_prompt": .string(prompt), "answer": .string(text),
        "numeric_mode": .string(numericMode), "settings": settings,
      ]
    }
  }

  /// Bytes that a picture may have.
  private static let imageByteLimit = 256 << 20

  /// Opens the model and asks it.
  /// - Parameters:
  ///   - onPiece: Called with each piece of the answer as soon as its characters are complete; what it throws ends the run.
  ///   - observe: Told of warnings, before the first piece.
  /// - Throws: what `LoadedModel` throws; `ModelInputError`, `ImageError`, `StorageError`, `ReferenceModelError`;
  ///   `MemoryShortage` before the first piece; what `observe` throws.
  public func run(
    onPiece: (String) throws -> Void = { _ in }, observe: RunObserver = { _ in }
  ) throws -> Answer {
    try trace?.requireName(keeping: [model] + question.images)
    let loaded = try LoadedModel(model, prompt: settings.applied(to: prompt), numericMode: numericMode)
    let input = try loaded.builder.input(for: settings.images.placed(in: question), includesAnswer: false) { path in
      try readFile(path, limit: Self.imageByteLimit)
    }
    if !question.isPlainText { for note in loaded.promptNotes { try observe(.warning(note)) } }
    if let memoryLimit {
      var load = AnswerLoad()
      load.add(input, answerTokens: settings.maxTokens)
      _ = try AnswerMemory(loaded, load, batchSize: 1, within: MemoryLimit(memoryLimit), observe)
    }
    let answer = try loaded.answer(
      input, sampling: settings.sampling, maxTokens: settings.maxTokens, onPiece: onPiece)
    try trace?.write(
      input, generated: answer.ids, loaded,
      permissions: loaded.file.permissions.intersection(OutputPermissions(from: question.images)))
    return Answer(
      prompt: input.renderedPrompt, text: answer.text, numericMode: loaded.model.numericMode.name,
      settings: settings.json(template: question.isPlainText ? nil : try loaded.builder.template.name))
  }
}

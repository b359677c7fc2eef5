// Answers of one model to many questions, generated together.
internal import ModelFiles
public import ModelInputs
public import ReferenceModel
internal import Tokenization

/// A question as the model reads it, and how it is to be answered.
public struct AnswerRequest: Sendable {
  /// What is asked; an answer behind the prompt is not read.
  public var input: ModelInput
  public var sampling: SamplingOptions
  /// Most tokens to produce.
  public var maxTokens: Int

  public init(_ input: ModelInput, sampling: SamplingOptions = .greedy, maxTokens: Int) {
    self.input = input
    self.sampling = sampling
    self.maxTokens = maxTokens
  }
}

/// What a model said.
public struct GeneratedAnswer: Sendable, Equatable {
  /// Its words, special tokens left out.
  public let text: String
  /// Its ids, without the stop token.
  public let ids: [Int]
  /// Whether it came to its end by itself.
  public let isFinished: Bool
}

/// Answers questions together: each weight that is read serves many of them.
///
/// An answer does not depend on what is asked beside it, on how much memory there is, or on the number of
/// threads.
public struct AnswerEngine: Sendable {
  private let model: LoadedModel
  private let generator: BatchGenerator
  private let memory: AnswerMemory

  /// Questions that are answered together unless something else is asked for.
  public static let defaultBatchSize = BatchLimits.defaultSequences

  /// - Parameters:
  ///   - batchSize: Questions answered together at most.
  ///   - memoryLimit: Bytes that the process may take; nil for a share of what there is (`MemoryLimit`). A
  ///     question that alone takes more is answered all the same.
  public init(_ model: LoadedModel, batchSize: Int = defaultBatchSize, memoryLimit: Int? = nil) {
    self.init(
      model,
      AnswerMemory(
        model, nil, batchSize: batchSize, limit: MemoryLimit(memoryLimit),
        residentByteCount: AvailableMemory().ownByteCount))
  }

  /// Answers with so much of them in memory at the same time.
  init(_ model: LoadedModel, _ memory: AnswerMemory) {
    self.model = model
    self.memory = memory
    generator = BatchGenerator(
      model: model.model.language, stopTokens: model.builder.stopIDs, limits: memory.limits)
  }

  /// Answers all questions that `next` gives, which are numbered from 0. They are asked for as there is room,
  /// a few dozen ahead of the answers, and no more than are answered together.
  /// - Parameters:
  ///   - next: Gives a question; nil ends them.
  ///   - onToken: Called for each token of an answer as soon as it is known.
  ///   - onAnswer: Called with a question's number and its answer, in the order in which answers end.
  /// - Throws: `ReferenceModelError`; what reading weights throws; what the closures throw.
  public func answer(
    _ next: () throws -> AnswerRequest?, onToken: () throws -> Void = {},
    onAnswer: (Int, GeneratedAnswer) throws -> Void
  ) throws {
    try answer(next, InputEmbedder(model), ownTiles, onToken: onToken, onAnswer: onAnswer)
  }

  /// The same of questions that another model's builder may have made, with tiles that other models may share.
  /// - Parameters:
  ///   - embedder: Of this model.
  ///   - tiles: What pictures became already.
  func answer(
    _ next: () throws -> AnswerRequest?, _ embedder: InputEmbedder, _ tiles: TileTokens,
    onToken: () throws -> Void = {}, onAnswer: (Int, GeneratedAnswer) throws -> Void
  ) throws {
    var queue = PromptQueue(model, embedder, tiles, memory)
    try generator.generate(next: { try queue.next(next) }, onToken: { _, _ in try onToken() }) { number, text in
      let words = model.builder.tokenizer.decode(text.ids)
      try onAnswer(number, GeneratedAnswer(text: words, ids: text.ids, isFinished: text.isFinished))
    }
  }

  /// What tiles become for this model alone.
  private var ownTiles: TileTokens { TileTokens(towerCount: 1, keptByteCount: memory.keptByteCount) }

  /// Reads all questions that `next` gives, and writes nothing.
  /// - Parameter onRead: Called with a question's number and natural logarithms of the probabilities of every token that
  ///   may follow it, in the order of the questions.
  /// - Throws: as `answer`.
  func read(
    _ next: () throws -> AnswerRequest?, _ embedder: InputEmbedder, _ tiles: TileTokens,
    onRead: (Int, [Double]) throws -> Void
  ) throws {
    var queue = PromptQueue(model, embedder, tiles, memory)
    try generator.read(next: { try queue.next(next)?.prompt }, onRead: onRead)
  }
}

/// Puts what is numbered from 0 and comes in any order back in order.
struct InOrder<Element> {
  private var waiting: [Int: Element] = [:]
  private var next = 0

  /// Takes the element of a number.
  /// - Returns: All whose turn it is now.
  mutating func add(_ element: Element, _ number: Int) -> [Element] {
    waiting[number] = element
    var due: [Element] = []
    while let element = waiting.removeValue(forKey: next) {
      due.append(element)
      next += 1
    }
    return due
  }
}

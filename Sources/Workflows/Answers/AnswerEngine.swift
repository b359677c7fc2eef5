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
  private let batchSize: Int

  /// Questions that are answered together unless something else is asked for.
  public static let defaultBatchSize = BatchLimits.defaultSequences

  /// - Parameters:
  ///   - batchSize: Questions answered together at most.
  ///   - memoryLimit: Bytes that the process may take; nil for a share of what there is (`MemoryLimit`).
  public init(_ model: LoadedModel, batchSize: Int = defaultBatchSize, memoryLimit: Int? = nil) {
    self.model = model
    self.batchSize = batchSize
    let cacheByteCount = Self.cacheByteCount(model, MemoryLimit(memoryLimit))
    generator = BatchGenerator(
      model: model.model.language, stopTokens: model.builder.stopIDs,
      limits: BatchLimits(sequences: batchSize, cacheByteCount: cacheByteCount))
  }

  /// Bytes for keys and values: what the process leaves, and the weights, which are read so often that they
  /// should stay in memory; at the least a quarter of all.
  private static func cacheByteCount(_ model: LoadedModel, _ memory: MemoryLimit) -> Int {
    let taken = AvailableMemory().ownByteCount + model.file.weightByteCount
    return max(memory.byteCount / 4, memory.byteCount - taken)
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
    var queue = PromptQueue(model, ahead: batchSize)
    try generate({ try queue.next(next) }, onToken: onToken, onAnswer: onAnswer)
  }

  /// Reads all questions that `next` gives, and writes nothing.
  /// - Parameter onRead: Called with a question's number and natural logarithms of the probabilities of every token that
  ///   may follow it, in the order of the questions.
  /// - Throws: as `answer`.
  func read(_ next: () throws -> AnswerRequest?, onRead: (Int, [Double]) throws -> Void) throws {
    var queue = PromptQueue(model, ahead: batchSize)
    try generator.read(next: { try queue.next(next)?.prompt }, onRead: onRead)
  }

  /// The same of prompts in front of the first decoder layer.
  func generate(
    _ next: () throws -> GenerationRequest?, onToken: () throws -> Void = {},
    onAnswer: (Int, GeneratedAnswer) throws -> Void
  ) throws {
    try generator.generate(next: next, onToken: { _, _ in try onToken() }) { number, text in
      let words = model.builder.tokenizer.decode(text.ids)
      try onAnswer(number, GeneratedAnswer(text: words, ids: text.ids, isFinished: text.isFinished))
    }
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

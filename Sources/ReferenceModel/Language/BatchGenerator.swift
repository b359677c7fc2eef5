// Generation of many texts together. A text that ends makes room for the next one at once (continuous
// batching), so that each weight, which is read once a step, serves as many texts as memory allows.
internal import Kernels
public import Tensors

/// A prompt, and what is wanted of it.
public struct GenerationRequest: Sendable {
  /// Embeddings, `[tokens, hidden]`.
  public var prompt: Tensor
  /// The prompt's ids; only a repetition penalty that counts them asks for them.
  public var promptIDs: [Int]
  public var sampling: SamplingOptions
  /// Most tokens to generate.
  public var maxTokens: Int

  public init(prompt: Tensor, promptIDs: [Int] = [], sampling: SamplingOptions = .greedy, maxTokens: Int) {
    self.prompt = prompt
    self.promptIDs = promptIDs
    self.sampling = sampling
    self.maxTokens = maxTokens
  }
}

/// What came of a prompt.
public struct GeneratedText: Sendable, Equatable {
  /// Its ids, without the stop token.
  public var ids: [Int]
  /// Whether a stop token ended it, not the most tokens that were asked for.
  public var isFinished: Bool

  public init(ids: [Int], isFinished: Bool) {
    self.ids = ids
    self.isFinished = isFinished
  }
}

/// How much is done at a time.
public struct BatchLimits: Sendable, Equatable {
  /// Texts generated together.
  public var sequences: Int
  /// Bytes that their keys and values may take; a text that needs more is generated alone.
  public var cacheByteCount: Int
  /// Tokens of prompts read together; a longer prompt is read alone.
  public var promptTokens: Int

  /// Texts generated together unless something else is asked for: more of them make a step longer, and each
  /// of them no cheaper.
  public static let defaultSequences = 64

  public init(sequences: Int = defaultSequences, cacheByteCount: Int, promptTokens: Int = 2048) {
    precondition(sequences > 0, "a batch has room for a text")
    self.sequences = sequences
    self.cacheByteCount = cacheByteCount
    self.promptTokens = promptTokens
  }
}

/// Generates texts together with one language model.
///
/// What is generated from a prompt does not depend on `limits` or on the other prompts: prompts are read by
/// matrix products and tokens by dot products, none of which depends on what is multiplied beside it.
public struct BatchGenerator: Sendable {
  public let model: LanguageModel
  /// Ids that end a text; they are not part of it.
  public var stopTokens: Set<Int>
  public var limits: BatchLimits

  public init(model: LanguageModel, stopTokens: Set<Int>, limits: BatchLimits) {
    self.model = model
    self.stopTokens = stopTokens
    self.limits = limits
  }

  /// Generates from all prompts that `next` gives, which are numbered from 0.
  /// - Parameters:
  ///   - next: Called for a prompt when there is room for it; nil ends the prompts.
  ///   - onToken: Called with a prompt's number and each of its ids as soon as it is known.
  ///   - onEnd: Called with a prompt's number and what came of it, in the order in which texts end.
  /// - Throws: `ReferenceModelError.emptyPrompt`; if a weight is missing; what the closures throw.
  public func generate(
    next: () throws -> GenerationRequest?, onToken: (Int, Int) throws -> Void = { _, _ in },
    onEnd: (Int, GeneratedText) throws -> Void
  ) throws {
    let batch = try SequenceBatch(model)
    var queue = RequestQueue(limits: limits, bytesPerToken: KVCache.byteCountPerToken(model.config))
    var active: [ActiveSequence] = []
    while true {
      let admitted = try queue.admit(beside: active, next: next) {
        try onEnd($0, GeneratedText(ids: [], isFinished: false))
      }
      for group in promptGroups(admitted) {
        var sequences = group.map { sequence($0.number, $0.request, queue.cacheTokens($0.request)) }
        let scores = batch.read(group.map(\.request.prompt), &sequences)
        try advance(&sequences, scores, onToken, onEnd)
        active += sequences
      }
      if active.isEmpty {
        if queue.isDry { return }
        continue
      }
      let scores = try batch.step(&active)
      try advance(&active, scores, onToken, onEnd)
    }
  }

  /// Reads all prompts that `next` gives, one after the other, and generates nothing.
  /// - Parameter onRead: Called with a prompt's number and natural logarithms of the probabilities of each token of the
  ///   vocabulary to follow it.
  /// - Throws: `ReferenceModelError.emptyPrompt`; if a weight is missing; what the closures throw.
  public func read(next: () throws -> Tensor?, onRead: (Int, [Double]) throws -> Void) throws {
    let batch = try SequenceBatch(model)
    var number = 0
    while let prompt = try next() {
      guard prompt.rowCount > 0 else { throw ReferenceModelError.emptyPrompt }
      var sequences = [sequence(number, GenerationRequest(prompt: prompt, maxTokens: 0), prompt.rowCount)]
      try onRead(number, SamplingOptions.logProbabilities(batch.read([prompt], &sequences).values))
      number += 1
    }
  }

  /// Requests whose prompts are read together. A numeric mode whose rows depend on each other reads each
  /// alone.
  private func promptGroups(_ admitted: [RequestQueue.Entry]) -> [[RequestQueue.Entry]] {
    let limit = model.numericMode.keepsRowsApart ? limits.promptTokens : 0
    var groups: [[RequestQueue.Entry]] = []
    var tokens = 0
    for entry in admitted {
      tokens += entry.request.prompt.rowCount
      if groups.isEmpty || tokens > limit {
        groups.append([])
        tokens = entry.request.prompt.rowCount
      }
      groups[groups.count - 1].append(entry)
    }
    return groups
  }

  private func sequence(_ number: Int, _ request: GenerationRequest, _ cacheTokens: Int) -> ActiveSequence {
    ActiveSequence(
      number: number, sampling: request.sampling,
      penalizedIDs: request.sampling.penalizesPrompt ? request.promptIDs : [],
      maxTokens: request.maxTokens, cacheTokens: cacheTokens,
      cache: KVCache(config: model.config, tokens: cacheTokens), random: SplitMix64(seed: request.sampling.seed))
  }

  /// Gives each sequence its next token, and takes away those that end.
  /// - Parameter scores: `[sequences, vocabulary]`.
  private func advance(
    _ sequences: inout [ActiveSequence], _ scores: Tensor, _ onToken: (Int, Int) throws -> Void,
    _ onEnd: (Int, GeneratedText) throws -> Void
  ) throws {
    let width = scores.rowWidth
    let drawn = Parallel.map(sequences.count) { [sequences] index in
      sequences[index].drawing(scores.values[index * width..<(index + 1) * width])
    }
    var going: [ActiveSequence] = []
    for (var sequence, next) in zip(sequences, drawn) {
      sequence.random = next.random
      let isStop = stopTokens.contains(next.id)
      if !isStop {
        sequence.generated.append(next.id)
        try onToken(sequence.number, next.id)
      }
      if isStop || sequence.generated.count >= sequence.maxTokens {
        try onEnd(sequence.number, GeneratedText(ids: sequence.generated, isFinished: isStop))
      } else {
        going.append(sequence)
      }
    }
    sequences = going
  }
}

/// The prompts that wait, and which of them there is room for.
private struct RequestQueue {
  typealias Entry = (number: Int, request: GenerationRequest)

  /// Texts generated together.
  private let sequences: Int
  /// Tokens that there is room for in the caches of all of them.
  private let room: Int
  /// Prompts that have been asked for.
  private var count = 0
  /// One that there was no room for.
  private var waiting: GenerationRequest?
  private var hasEnded = false

  init(limits: BatchLimits, bytesPerToken: Int) {
    sequences = limits.sequences
    room = limits.cacheByteCount / bytesPerToken
  }

  /// Whether nothing more will come.
  var isDry: Bool { hasEnded && waiting == nil }

  /// Tokens that a request's keys and values are kept of: as many as it may come to, or as many as may be
  /// kept at all.
  func cacheTokens(_ request: GenerationRequest) -> Int {
    let (most, overflows) = request.prompt.rowCount.addingReportingOverflow(request.maxTokens)
    let limit = max(request.prompt.rowCount, room)
    return overflows ? limit : min(most, limit)
  }

  /// Takes as many prompts as there is room for; at least one if nothing else is generated.
  /// - Parameter onNothing: Called with the number of each prompt that nothing is wanted of.
  mutating func admit(
    beside active: [ActiveSequence], next: () throws -> GenerationRequest?, onNothing: (Int) throws -> Void
  ) throws -> [Entry] {
    var admitted: [Entry] = []
    var tokens = active.reduce(0) { $0 + $1.cacheTokens }
    while active.count + admitted.count < sequences, let request = try pull(next) {
      guard request.prompt.rowCount > 0 else { throw ReferenceModelError.emptyPrompt }
      if request.maxTokens <= 0 {
        try onNothing(count)
      } else {
        tokens += cacheTokens(request)
        guard tokens <= room || (active.isEmpty && admitted.isEmpty) else {
          waiting = request
          break
        }
        admitted.append((count, request))
      }
      count += 1
    }
    return admitted
  }

  private mutating func pull(_ next: () throws -> GenerationRequest?) throws -> GenerationRequest? {
    if let request = waiting {
      waiting = nil
      return request
    }
    guard !hasEnded, let request = try next() else {
      hasEnded = true
      return nil
    }
    return request
  }
}

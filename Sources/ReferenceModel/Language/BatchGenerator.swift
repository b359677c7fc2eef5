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
  /// Tokens of prompts read together, but for those whose keys and values are known; a longer prompt is read alone.
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
/// matrix products and tokens by dot products, none of which depends on what is multiplied beside it. So a prompt that
/// begins like one that is there takes over the keys and values of what both have in common (`KnownPrefix`).
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
    var ended: ActiveSequence?
    while true {
      var admitted = try queue.admit(
        beside: active, keeping: &ended, next: next,
        onNothing: { try onEnd($0, GeneratedText(ids: [], isFinished: false)) })
      while !admitted.isEmpty {
        var group = nextGroup(&admitted, queue, beside: active + [ended].compactMap(\.self))
        let scores = batch.read(&group)
        ended = try advance(&group.sequences, scores, onToken, onEnd) ?? ended
        active += group.sequences
      }
      if active.isEmpty {
        if queue.isDry { return }
        continue
      }
      let scores = try batch.step(&active)
      ended = try advance(&active, scores, onToken, onEnd) ?? ended
    }
  }

  /// Reads all prompts that `next` gives, and generates nothing.
  /// - Parameter onRead: Called with a prompt's number and natural logarithms of the probabilities of each token of the
  ///   vocabulary to follow it, in the order of the prompts.
  /// - Throws: `ReferenceModelError.emptyPrompt`; if a weight is missing; what the closures throw.
  public func read(next: () throws -> Tensor?, onRead: (Int, [Double]) throws -> Void) throws {
    let batch = try SequenceBatch(model)
    let bytesPerToken = KVCache.byteCountPerToken(model.config)
    var queue = RequestQueue(limits: limits, bytesPerToken: bytesPerToken, generates: false)
    var ended: ActiveSequence?
    while !queue.isDry {
      var admitted = try queue.admit(beside: [], keeping: &ended) {
        try next().map { GenerationRequest(prompt: $0, maxTokens: 0) }
      }
      var done = [ended].compactMap(\.self)
      while !admitted.isEmpty {
        var group = nextGroup(&admitted, queue, beside: done)
        let scores = batch.read(&group)
        for (row, sequence) in group.sequences.enumerated() {
          try onRead(sequence.number, SamplingOptions.logProbabilities(scores.rows(row..<row + 1).values))
        }
        done += group.sequences
      }
      ended = done.last
    }
  }

  /// Takes off those of the admitted requests whose prompts are read together. A numeric mode whose rows depend on each
  /// other reads each alone and whole.
  /// - Parameter known: Sequences whose keys and values prompts may begin with.
  func nextGroup(
    _ admitted: inout ArraySlice<RequestQueue.Entry>, _ queue: RequestQueue, beside known: [ActiveSequence]
  ) -> PromptGroup {
    let keepsRowsApart = model.numericMode.keepsRowsApart, limit = keepsRowsApart ? limits.promptTokens : 0
    var group = PromptGroup()
    while let (number, request) = admitted.first {
      let prefix = keepsRowsApart ? group.prefix(of: request.prompt, beside: known, model.config) : nil
      guard group.sequences.isEmpty || group.rowCount + request.prompt.rowCount - (prefix?.tokens ?? 0) <= limit
      else { break }
      group.add(sequence(number, request, queue.cacheTokens(request)), prefix)
      admitted.removeFirst()
    }
    return group
  }

  private func sequence(_ number: Int, _ request: GenerationRequest, _ cacheTokens: Int) -> ActiveSequence {
    ActiveSequence(
      number: number, prompt: request.prompt, sampling: request.sampling,
      penalizedIDs: request.sampling.penalizesPrompt ? request.promptIDs : [],
      maxTokens: request.maxTokens, cacheTokens: cacheTokens,
      cache: KVCache(config: model.config, tokens: cacheTokens), random: SplitMix64(seed: request.sampling.seed))
  }

  /// Gives each sequence its next token, and takes away those that end.
  /// - Parameter scores: `[sequences, vocabulary]`.
  /// - Returns: The last of those that end; nil if none does.
  private func advance(
    _ sequences: inout [ActiveSequence], _ scores: Tensor, _ onToken: (Int, Int) throws -> Void,
    _ onEnd: (Int, GeneratedText) throws -> Void
  ) throws -> ActiveSequence? {
    let width = scores.rowWidth
    let drawn = Parallel.map(sequences.count) { [sequences] index in
      sequences[index].drawing(scores.values[index * width..<(index + 1) * width])
    }
    var going: [ActiveSequence] = [], ended: ActiveSequence?
    for (var sequence, next) in zip(sequences, drawn) {
      sequence.random = next.random
      let isStop = stopTokens.contains(next.id)
      if !isStop {
        sequence.generated.append(next.id)
        try onToken(sequence.number, next.id)
      }
      if isStop || sequence.generated.count >= sequence.maxTokens {
        try onEnd(sequence.number, GeneratedText(ids: sequence.generated, isFinished: isStop))
        ended = sequence
      } else {
        going.append(sequence)
      }
    }
    sequences = going
    return ended
  }
}

// Generation of one text from the embeddings of a prompt.
public import Tensors

/// Generates text with a language model.
public struct TextGenerator: Sendable {
  public let model: LanguageModel
  public var sampling: SamplingOptions
  /// Ids that end the text; they are not part of it.
  public var stopTokens: Set<Int>
  /// Most tokens to generate.
  public var maxTokens: Int

  public init(
    model: LanguageModel, sampling: SamplingOptions = .greedy, stopTokens: Set<Int>, maxTokens: Int
  ) {
    self.model = model
    self.sampling = sampling
    self.stopTokens = stopTokens
    self.maxTokens = maxTokens
  }

  /// Reads the prompt at once, then generates until a stop token or `maxTokens`.
  /// - Parameters:
  ///   - prompt: embeddings `[tokens, hidden]`.
  ///   - promptIDs: its ids, for a repetition penalty that counts them.
  ///   - onToken: called with each id as soon as it is known.
  /// - Returns: the generated ids, without the stop token.
  /// - Throws: `ReferenceModelError.emptyPrompt`; if a weight is missing; what `onToken` throws.
  public func generate(from prompt: Tensor, promptIDs: [Int] = [], onToken: (Int) throws -> Void = { _ in }) throws
    -> [Int]
  {
    var request: GenerationRequest? = GenerationRequest(
      prompt: prompt, promptIDs: promptIDs, sampling: sampling, maxTokens: maxTokens)
    var generated: [Int] = []
    let limits = BatchLimits(sequences: 1, cacheByteCount: 0)
    try BatchGenerator(model: model, stopTokens: stopTokens, limits: limits).generate(
      next: {
        defer { request = nil }
        return request
      }, onToken: { try onToken($1) }, onEnd: { generated = $1.ids })
    return generated
  }
}

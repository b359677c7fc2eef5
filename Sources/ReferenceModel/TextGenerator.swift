// Generation token by token from the embeddings of a prompt.
public import Tensors

/// Generates text with a language model.
public struct TextGenerator: Sendable {
  /// The model.
  public let model: LanguageModel
  /// How tokens are chosen.
  public var sampling: SamplingOptions
  /// Ids that end the text; they are not part of it.
  public var stopTokens: Set<Int>
  /// Most tokens to generate.
  public var maxTokens: Int

  /// A generator.
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
  ///   - onToken: called with each id as soon as it is known.
  /// - Returns: the generated ids, without the stop token.
  /// - Throws: `ReferenceModelError.emptyPrompt`; if a weight is missing; what `onToken` throws.
  public func generate(from prompt: Tensor, onToken: (Int) throws -> Void = { _ in }) throws -> [Int] {
    guard prompt.rowCount > 0 else { throw ReferenceModelError.emptyPrompt }
    var generator = SplitMix64(seed: sampling.seed)
    var cache = KVCache(layerCount: model.layerCount)
    var generated: [Int] = []
    var input = prompt
    while generated.count < maxTokens {
      let hidden = try model(input, cache: &cache)
      let logits = model.logits(hidden.rows(hidden.rowCount - 1..<hidden.rowCount))
      let next = generator.draw(sampling.probabilities(logits: logits.values, generated: generated))
      if stopTokens.contains(next) { break }
      generated.append(next)
      try onToken(next)
      input = try model.embed([next])
    }
    return generated
  }
}

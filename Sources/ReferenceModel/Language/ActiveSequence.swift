// A sequence of a batch.
internal import Tensors

/// A text that is being generated.
struct ActiveSequence: Sendable {
  /// Whose it is.
  let number: Int
  /// Embeddings of the prompt, `[tokens, hidden]`.
  let prompt: Tensor
  let sampling: SamplingOptions
  /// Ids of the prompt that the repetition penalty counts.
  let penalizedIDs: [Int]
  /// Most tokens to generate.
  let maxTokens: Int
  /// Tokens that the cache has room for.
  let cacheTokens: Int
  var cache: KVCache
  var random: SplitMix64
  /// Ids so far.
  var generated: [Int] = []

  /// The next token by its scores, `[vocabulary]`, and the generator behind the draw.
  func drawing(_ scores: ArraySlice<Float>) -> (id: Int, random: SplitMix64) {
    var random = random
    let id = sampling.next(logits: scores, generated: penalizedIDs + generated, &random)
    return (id, random)
  }
}

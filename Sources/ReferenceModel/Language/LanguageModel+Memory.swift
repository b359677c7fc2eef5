// What tokens take on their way through a decoder, in bytes: for whoever has to keep within a limit of memory.
internal import Kernels
public import ModelConfig

extension LanguageModel {
  /// Bytes of the residual stream of a token.
  public static func hiddenByteCount(_ config: TextConfig) -> Int { config.hiddenSize * MemoryLayout<Float>.size }

  /// Bytes that tokens read together take at most inside a layer, beside the residual stream that they came with.
  /// - Parameter longest: Tokens of the longest sequence among them.
  public static func workingByteCount(_ config: TextConfig, tokens: Int, longest: Int) -> Int {
    let hidden = config.hiddenSize, queries = config.headCount * config.headDim
    let keys = config.kvHeadCount * config.headDim
    // The stream to come and what the norm makes of it; queries, keys and values, before and after they are rotated,
    // then in the cache, then mixed.
    let attention = 2 * hidden + 4 * queries + 6 * keys
    // Both factors and their product.
    let mlp = 3 * hidden + 3 * config.intermediateSize
    let scores = Parallel.threadCount * ScaledDotProductAttention.blockQueries * longest
    return (tokens * max(attention, mlp) + scores) * MemoryLayout<Float>.size
  }
}

// The forward pass of several sequences at once: each weight is read once for all of them, and each sequence
// sees its own tokens only.
internal import Kernels
internal import ModelConfig
internal import Tensors

/// A text that is being generated.
struct ActiveSequence: Sendable {
  /// Whose it is.
  let number: Int
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

/// A model's layers, made once, and sequences that run through them.
struct SequenceBatch {
  let model: LanguageModel
  private let layers: [DecoderLayer]

  /// - Throws: if a weight is missing or has another shape.
  init(_ model: LanguageModel) throws {
    self.model = model
    layers = try (0..<model.layerCount).map(model.layer)
  }

  /// Reads whole prompts.
  /// - Parameters:
  ///   - prompts: `[tokens, hidden]`, none of them empty.
  ///   - sequences: For each prompt one, without a token.
  /// - Returns: `[prompts, vocabulary]`, the scores of what follows each prompt.
  func read(_ prompts: [Tensor], _ sequences: inout [ActiveSequence]) -> Tensor {
    let width = model.config.hiddenSize, counts = prompts.map(\.rowCount)
    let all = Tensor(shape: [counts.reduce(0, +), width], values: prompts.flatMap(\.values))
    let hidden = run(all, counts: counts, &sequences, by: .panels)
    var last = -1
    let ends = counts.flatMap { count in
      last += count
      return hidden.values[last * width..<(last + 1) * width]
    }
    return logits(Tensor(shape: [counts.count, width], values: ends))
  }

  /// Takes in the last token of each sequence.
  /// - Returns: `[sequences, vocabulary]`, the scores of what follows.
  /// - Throws: `ReferenceModelError.tokenOutOfRange`.
  func step(_ sequences: inout [ActiveSequence]) throws -> Tensor {
    let embeddings = try model.embed(sequences.compactMap(\.generated.last))
    return logits(run(embeddings, counts: sequences.map { _ in 1 }, &sequences, by: .dots))
  }

  private func logits(_ hidden: Tensor) -> Tensor { LinearProducts.dots(model.finalNorm(hidden), model.head)[0] }

  /// All layers.
  /// - Parameters:
  ///   - embeddings: The tokens of each sequence, one sequence behind the other.
  ///   - counts: How many tokens each sequence has among them.
  private func run(
    _ embeddings: Tensor, counts: [Int], _ sequences: inout [ActiveSequence], by products: LinearProducts
  ) -> Tensor {
    let tables = zip(sequences, counts).map { sequence, count in
      model.rotary(at: Positions(text: sequence.cache.end..<sequence.cache.end + count))
    }
    let rotary = RotaryTable(joining: tables)
    var hidden = embeddings
    for (index, layer) in layers.enumerated() {
      var pass = LayerPass(hidden, by: products)
      for site in LinearSite.allCases {
        pass.advance(to: site, of: layer) { x in
          let parts = layer.attention.project(x, rotary: rotary, by: products)
          switch products {
          case .panels: return mixPrompts(parts, counts, &sequences, index, layer.attention)
          case .dots: return mixLast(parts, &sequences, index, layer.attention)
          }
        }
      }
      pass.leave(layer)
      hidden = pass.hidden
    }
    for (index, table) in tables.enumerated() { sequences[index].cache.end = table.positions.end }
    return hidden
  }

  private typealias Parts = (queries: Tensor, keys: Tensor, values: Tensor)

  /// Attention of each prompt to itself.
  private func mixPrompts(
    _ parts: Parts, _ counts: [Int], _ sequences: inout [ActiveSequence], _ layer: Int, _ attention: Attention
  ) -> Tensor {
    var mixed: [Float] = []
    mixed.reserveCapacity(parts.queries.values.count)
    var start = 0
    for (index, count) in counts.enumerated() {
      let rows = start..<start + count
      mixed +=
        attention.mix(
          parts.queries.rows(rows), keys: parts.keys.rows(rows), values: parts.values.rows(rows),
          cache: &sequences[index].cache.layers[layer]
        ).values
      start += count
    }
    return Tensor(shape: parts.queries.shape, values: mixed)
  }

  /// Attention of the last token of each sequence.
  private func mixLast(
    _ parts: Parts, _ sequences: inout [ActiveSequence], _ layer: Int, _ attention: Attention
  ) -> Tensor {
    let width = parts.keys.rowWidth
    for index in sequences.indices {
      let row = index * width..<(index + 1) * width
      sequences[index].cache.layers[layer].append(keys: parts.keys.values[row], values: parts.values.values[row])
    }
    let histories = sequences.map { sequence in
      KeysAndValues(keys: sequence.cache.layers[layer].keys, values: sequence.cache.layers[layer].values)
    }
    return ScaledDotProductAttention.attendLast(
      queries: parts.queries, histories: histories, heads: attention.heads)
  }
}

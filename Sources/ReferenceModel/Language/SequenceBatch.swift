// The forward pass of several sequences at once: each weight is read once for all of them, and each sequence
// sees its own tokens only.
internal import Kernels
internal import ModelConfig
internal import Tensors

/// A model's layers, made once, and sequences that run through them.
struct SequenceBatch {
  let model: LanguageModel
  private let layers: [DecoderLayer]

  /// - Throws: if a weight is missing or has another shape.
  init(_ model: LanguageModel) throws {
    self.model = model
    layers = try (0..<model.layerCount).map(model.layer)
  }

  /// Reads prompts, all tokens whose keys and values are not known.
  /// - Parameter group: Sequences without a token.
  /// - Returns: `[prompts, vocabulary]`, the scores of what follows each prompt.
  func read(_ group: inout PromptGroup) -> Tensor {
    let width = model.config.hiddenSize, counts = group.rowCounts, prefixes = group.prefixes
    let rows = Tensor(
      shape: [group.rowCount, width],
      values: zip(group.sequences, counts).flatMap { $0.prompt.values.suffix($1 * width) })
    for (index, count) in counts.enumerated() {
      group.sequences[index].cache.end = group.sequences[index].prompt.rowCount - count
    }
    let hidden = run(rows, counts: counts, &group.sequences, by: .panels) { parts, layer, attention, sequences in
      mixPrompts(parts, layer, attention, &sequences, counts: counts, prefixes: prefixes)
    }
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
    return logits(run(embeddings, counts: sequences.map { _ in 1 }, &sequences, by: .dots, mix: mixLast))
  }

  private func logits(_ hidden: Tensor) -> Tensor { LinearProducts.dots(model.finalNorm(hidden), model.head)[0] }

  private typealias Parts = (queries: Tensor, keys: Tensor, values: Tensor)
  /// What the attention of a layer, by its number, makes of new tokens.
  private typealias Mix = (Parts, Int, Attention, inout [ActiveSequence]) -> Tensor

  /// All layers.
  /// - Parameters:
  ///   - embeddings: The tokens of each sequence, one sequence behind the other.
  ///   - counts: How many tokens each sequence has among them.
  private func run(
    _ embeddings: Tensor, counts: [Int], _ sequences: inout [ActiveSequence], by products: LinearProducts, mix: Mix
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
          mix(layer.attention.project(x, rotary: rotary, by: products), index, layer.attention, &sequences)
        }
      }
      pass.leave(layer)
      hidden = pass.hidden
    }
    for (index, table) in tables.enumerated() { sequences[index].cache.end = table.positions.end }
    return hidden
  }

  /// Attention of each prompt to itself.
  private func mixPrompts(
    _ parts: Parts, _ layer: Int, _ attention: Attention, _ sequences: inout [ActiveSequence], counts: [Int],
    prefixes: [KnownPrefix?]
  ) -> Tensor {
    let width = parts.keys.rowWidth
    var mixed: [Float] = []
    mixed.reserveCapacity(parts.queries.values.count)
    var start = 0
    for (index, count) in counts.enumerated() {
      let rows = start..<start + count
      if let prefix = prefixes[index] {
        let known =
          switch prefix.owner {
          case .read(let cache): cache.layers[layer]
          case .readAlong(let earlier): sequences[earlier].cache.layers[layer]
          }
        sequences[index].cache.layers[layer].append(first: prefix.tokens * width, of: known)
      }
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
    _ parts: Parts, _ layer: Int, _ attention: Attention, _ sequences: inout [ActiveSequence]
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

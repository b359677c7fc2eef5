// A decoder language model run layer by layer from weights that stay where they are.
public import Kernels
public import ModelConfig
public import Tensors

/// A Qwen2, Qwen3 or Llama decoder. Layers are made when asked for, so that a model larger than memory can run.
public struct LanguageModel: Sendable {
  public let config: TextConfig
  /// `[vocabulary, hidden]`.
  public let embeddings: any WeightMatrix
  /// Norm of the last layer's output.
  public var finalNorm: RMSNorm
  /// `[vocabulary, hidden]`: lm_head, or the embedding table if the two are tied.
  public var head: LinearLayer
  /// What multiplies, in all layers.
  public let numericMode: NumericMode
  private let weights: ScopedWeights

  /// The model whose weights have canonical names in `weights`.
  /// - Throws: if a weight outside the layers is missing or has another shape.
  public init(weights: any WeightSource, config: TextConfig, numericMode: NumericMode = .exact) throws {
    let weights = ScopedWeights(weights)
    let (rows, columns) = (config.vocabularySize, config.hiddenSize)
    embeddings = try weights.matrix(DecoderNames.embeddings + ".weight", rows: rows, columns: columns)
    finalNorm = try RMSNorm(weights.scope(DecoderNames.finalNorm), width: columns, epsilon: config.normEpsilon)
    // A stored head wins over the config's word that it is tied.
    if weights.contains(DecoderNames.head + ".weight") {
      head = try LinearLayer(
        weights.scope(DecoderNames.head), inFeatures: columns, outFeatures: rows, hasBias: false, mode: numericMode)
    } else if config.tiesEmbeddings {
      head = LinearLayer(weight: embeddings, mode: numericMode)
    } else {
      throw ReferenceModelError.missingOutputHead(tensor: DecoderNames.head + ".weight")
    }
    self.weights = weights
    self.config = config
    self.numericMode = numericMode
  }

  public var layerCount: Int { config.layerCount }

  /// Layer `index`, with its weights where they are stored.
  /// - Throws: if a weight is missing or has another shape.
  public func layer(_ index: Int) throws -> DecoderLayer {
    try DecoderLayer(weights: weights.scope(DecoderNames.layer(index)), config: config, mode: numericMode)
  }

  /// Rows of the embedding table.
  /// - Returns: `[ids, hidden]`.
  /// - Throws: `ReferenceModelError.tokenOutOfRange`.
  public func embed(_ ids: [Int]) throws -> Tensor {
    let width = config.hiddenSize
    var result = Tensor(zeros: [ids.count, width])
    var row = [Float](repeating: 0, count: width)
    for (token, id) in ids.enumerated() {
      guard id >= 0, id < config.vocabularySize else {
        throw ReferenceModelError.tokenOutOfRange(id: id, vocabularySize: config.vocabularySize)
      }
      var span = row.mutableSpan
      embeddings.decodeRows(id..<id + 1, into: &span)
      result.values.replaceSubrange(token * width..<(token + 1) * width, with: row)
    }
    return result
  }

  /// The rotary table of tokens at `positions`.
  ///
  /// Dynamic scaling and LongRoPE depend on the sequence length so far, `positions.end`: tokens beyond the trained length
  /// are rotated otherwise than those before them, and cached keys keep the rotation they had. A sequence read at once and
  /// one read token by token therefore differ, as they do in transformers.
  public func rotary(at positions: Positions) -> RotaryTable {
    RotaryTable(
      positions: positions, frequencies: config.rotaryFrequencies(length: positions.end),
      scale: config.rotaryAttentionFactor)
  }

  /// Runs all layers and the final norm on tokens that follow those in `cache`.
  /// - Parameters:
  ///   - embeddings: `[tokens, hidden]`.
  ///   - positions: one per token; nil for text that goes on where `cache` ends.
  /// - Returns: `[tokens, hidden]`, what `logits` reads.
  /// - Throws: if a weight is missing or has another shape.
  public func callAsFunction(
    _ embeddings: Tensor, at positions: Positions? = nil, cache: inout KVCache, trace: TraceSink? = nil
  ) throws -> Tensor {
    precondition(cache.layers.count == layerCount, "the cache belongs to another model")
    let positions = positions ?? Positions(text: cache.end..<cache.end + embeddings.rowCount)
    let rotary = rotary(at: positions)
    trace?("language.embeddings", embeddings)
    var hidden = embeddings
    for index in 0..<layerCount {
      hidden = try layer(index)(hidden, rotary: rotary, cache: &cache.layers[index])
      trace?("language.layer.\(index)", hidden)
    }
    cache.end = positions.end
    let normed = finalNorm(hidden)
    trace?("language.final_norm", normed)
    return normed
  }

  /// Scores of every token of the vocabulary.
  /// - Parameter normed: `[tokens, hidden]`, after `finalNorm`.
  /// - Returns: `[tokens, vocabulary]`.
  public func logits(_ normed: Tensor) -> Tensor { head(normed) }
}

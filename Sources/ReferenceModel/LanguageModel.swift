// A decoder language model run layer by layer from weights that stay where they are.
public import Kernels
public import ModelConfig
public import Tensors

/// A Qwen2, Qwen3 or Llama decoder. Layers are made when asked for, so that a model larger than memory can run.
public struct LanguageModel: Sendable {
  /// Hyperparameters.
  public let config: TextConfig
  /// `[vocabulary, hidden]`.
  public let embeddings: any WeightMatrix
  /// Norm of the last layer's output.
  public var finalNorm: RMSNorm
  /// `[vocabulary, hidden]`: lm_head, or the embedding table if the two are tied.
  public var head: LinearLayer
  /// What multiplies, in all layers.
  public let numericMode: NumericMode
  private let layers: ScopedWeights

  /// The model whose weights lie below `language_model.` in `weights`.
  /// - Throws: if a weight outside the layers is missing or has another shape.
  public init(weights: any WeightSource, config: TextConfig, numericMode: NumericMode = .exact) throws {
    let scope = ScopedWeights(weights, prefix: "language_model.")
    let (rows, columns) = (config.vocabularySize, config.hiddenSize)
    embeddings = try scope.matrix("model.embed_tokens.weight", rows: rows, columns: columns)
    finalNorm = try RMSNorm(scope.scope("model.norm"), width: columns, epsilon: config.normEpsilon)
    layers = scope.scope("model").scope("layers")
    // A stored head wins over the config's word that it is tied.
    if scope.contains("lm_head.weight") {
      head = try LinearLayer(
        scope.scope("lm_head"), inFeatures: columns, outFeatures: rows, hasBias: false, mode: numericMode)
    } else if config.tiesEmbeddings {
      head = LinearLayer(weight: embeddings, mode: numericMode)
    } else {
      throw ReferenceModelError.missingOutputHead(tensor: "language_model.lm_head.weight")
    }
    self.config = config
    self.numericMode = numericMode
  }

  /// Decoder layers.
  public var layerCount: Int { config.layerCount }

  /// Layer `index`, with its weights where they are stored.
  /// - Throws: if a weight is missing or has another shape.
  public func layer(_ index: Int) throws -> DecoderLayer {
    try DecoderLayer(weights: layers.scope("\(index)"), config: config, mode: numericMode)
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

  /// The rotary table of a sequence of `length` tokens from position 0.
  public func rotary(length: Int) -> RotaryTable { RotaryTable(positions: 0..<length, config: config) }

  /// Runs all layers and the final norm on tokens that follow those in `cache`.
  /// - Parameter embeddings: `[tokens, hidden]`.
  /// - Returns: `[tokens, hidden]`, what `logits` reads.
  /// - Throws: if a weight is missing or has another shape.
  public func callAsFunction(_ embeddings: Tensor, cache: inout KVCache, trace: TraceSink? = nil) throws -> Tensor {
    precondition(cache.layers.count == layerCount, "the cache belongs to another model")
    let rotary = RotaryTable(positions: cache.tokenCount..<cache.tokenCount + embeddings.rowCount, config: config)
    trace?("language.embeddings", embeddings)
    var hidden = embeddings
    for index in 0..<layerCount {
      hidden = try layer(index)(hidden, rotary: rotary, cache: &cache.layers[index])
      trace?("language.layer.\(index)", hidden)
    }
    cache.tokenCount += embeddings.rowCount
    let normed = finalNorm(hidden)
    trace?("language.final_norm", normed)
    return normed
  }

  /// Scores of every token of the vocabulary.
  /// - Parameter normed: `[tokens, hidden]`, after `finalNorm`.
  /// - Returns: `[tokens, vocabulary]`.
  public func logits(_ normed: Tensor) -> Tensor { head(normed) }
}

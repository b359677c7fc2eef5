// What the forward pass asks for, written down, so that weights can be held to their config before any work.

/// A weight that a model of this config reads.
public struct RequiredWeight: Sendable, Equatable {
  /// One dimension.
  public struct Extent: Sendable, Equatable {
    public let size: Int
    /// What in config.json says so: `llm_config.hidden_size`; empty for a constant.
    public let key: String
  }

  /// Its canonical name, see `WeightNames`.
  public let name: String
  /// Dimensions, outermost first.
  public let extents: [Extent]
  /// Whether it multiplies activations: exactly two dimensions, and a quantized linear will do. Of other weights, dimensions of extent 1
  /// are not counted, since layouts differ there.
  public let isMatrix: Bool
  /// Whether the model computes without it: an output head that may be tied to the embeddings.
  public let isOptional: Bool

  /// Whether a stored tensor of this shape will do.
  func accepts(_ dimensions: [Int]) -> Bool {
    let sizes = extents.map(\.size)
    return isMatrix ? dimensions == sizes : dimensions.filter { $0 != 1 } == sizes.filter { $0 != 1 }
  }
}

extension ModelConfig {
  /// Every weight that the forward pass reads, in the order of computation.
  public var requiredWeights: [RequiredWeight] {
    let hidden = RequiredWeight.Extent(size: text.hiddenSize, key: textKey("hidden_size"))
    return (multimodal.map { visionWeights($0, hidden: hidden) } ?? []) + languageWeights(hidden: hidden)
  }

  /// The dotted path of a key of the language model's config.
  func textKey(_ key: String) -> String {
    layout.languageKey.map { $0 + "." + key } ?? key
  }

  private func languageWeights(hidden: RequiredWeight.Extent) -> [RequiredWeight] {
    let vocabulary = RequiredWeight.Extent(size: text.vocabularySize, key: textKey("vocab_size"))
    var list = WeightList(prefix: "")
    list.matrix(DecoderNames.embeddings + ".weight", vocabulary, hidden)
    for layer in 0..<text.layerCount { addDecoderLayer(DecoderNames.layer(layer) + ".", hidden: hidden, to: &list) }
    list.tensor(DecoderNames.finalNorm + ".weight", hidden)
    list.matrix(DecoderNames.head + ".weight", vocabulary, hidden, isOptional: text.tiesEmbeddings)
    return list.weights
  }

  private func addDecoderLayer(_ prefix: String, hidden: RequiredWeight.Extent, to list: inout WeightList) {
    func heads(_ count: Int, _ key: String) -> RequiredWeight.Extent {
      RequiredWeight.Extent(size: count * text.headDim, key: textKey(key) + " × head_dim")
    }
    let queries = heads(text.headCount, "num_attention_heads")
    let keys = heads(text.kvHeadCount, "num_key_value_heads")
    let inner = RequiredWeight.Extent(size: text.intermediateSize, key: textKey("intermediate_size"))
    let head = RequiredWeight.Extent(size: text.headDim, key: textKey("head_dim"))
    list.norm(prefix + DecoderNorm.input.rawValue, hidden, hasBias: false)
    for (linear, rows) in [(DecoderLinear.query, queries), (.key, keys), (.value, keys)] {
      list.linear(prefix + linear.rawValue, rows, hidden, hasBias: text.hasQKVBias)
    }
    if text.hasQKNorm {
      for norm in DecoderHeadNorm.allCases { list.norm(prefix + norm.rawValue, head, hasBias: false) }
    }
    list.linear(prefix + DecoderLinear.output.rawValue, hidden, queries, hasBias: text.hasOutputBias)
    list.norm(prefix + DecoderNorm.postAttention.rawValue, hidden, hasBias: false)
    list.linear(prefix + DecoderLinear.gate.rawValue, inner, hidden, hasBias: text.hasMLPBias)
    list.linear(prefix + DecoderLinear.up.rawValue, inner, hidden, hasBias: text.hasMLPBias)
    list.linear(prefix + DecoderLinear.down.rawValue, hidden, inner, hasBias: text.hasMLPBias)
  }

  private func visionWeights(_ config: MultimodalConfig, hidden: RequiredWeight.Extent) -> [RequiredWeight] {
    let vision = config.vision
    let width = RequiredWeight.Extent(size: vision.hiddenSize, key: "vision_config.hidden_size")
    let patch = RequiredWeight.Extent(size: vision.patchSize, key: "vision_config.patch_size")
    let tokens = RequiredWeight.Extent(size: vision.tokenCount, key: "vision_config.(image_size / patch_size)² + 1")
    let one = RequiredWeight.Extent(size: 1, key: ""), colours = RequiredWeight.Extent(size: 3, key: "")
    var list = WeightList(prefix: "vision_model.")
    list.tensor("embeddings.patch_embedding.weight", width, colours, patch, patch)
    list.tensor("embeddings.patch_embedding.bias", width)
    list.tensor("embeddings.class_embedding", one, one, width)
    list.tensor("embeddings.position_embedding", one, tokens, width)
    for layer in 0..<max(0, config.activeLayerCount) {
      addVisionLayer("encoder.layers.\(layer).", vision, width, to: &list)
    }
    let folded = RequiredWeight.Extent(
      size: vision.hiddenSize * config.shuffleFactor * config.shuffleFactor,
      key: "vision_config.hidden_size / downsample_ratio²")
    var projector = WeightList(prefix: "mlp1.")
    projector.norm("0", folded, hasBias: true)
    projector.linear("1", hidden, folded, hasBias: true)
    projector.linear("3", hidden, hidden, hasBias: true)
    return list.weights + projector.weights
  }

  private func addVisionLayer(
    _ prefix: String, _ vision: VisionConfig, _ width: RequiredWeight.Extent, to list: inout WeightList
  ) {
    let inner = RequiredWeight.Extent(size: vision.intermediateSize, key: "vision_config.intermediate_size")
    let hasNormBias = vision.normType == .layerNorm
    list.norm(prefix + "norm1", width, hasBias: hasNormBias)
    for name in ["q_proj", "k_proj", "v_proj"] {
      list.linear(prefix + "attn." + name, width, width, hasBias: vision.hasQKVBias)
    }
    if vision.hasQKNorm {
      list.tensor(prefix + "attn.q_norm.weight", width)
      list.tensor(prefix + "attn.k_norm.weight", width)
    }
    list.linear(prefix + "attn.proj", width, width, hasBias: true)
    list.tensor(prefix + "ls1", width)
    list.norm(prefix + "norm2", width, hasBias: hasNormBias)
    list.linear(prefix + "mlp.fc1", inner, width, hasBias: true)
    list.linear(prefix + "mlp.fc2", width, inner, hasBias: true)
    list.tensor(prefix + "ls2", width)
  }
}

/// Collects weights below a prefix.
private struct WeightList {
  let prefix: String
  private(set) var weights: [RequiredWeight] = []

  init(prefix: String) { self.prefix = prefix }

  mutating func tensor(_ name: String, _ extents: RequiredWeight.Extent...) {
    weights.append(RequiredWeight(name: prefix + name, extents: extents, isMatrix: false, isOptional: false))
  }

  mutating func matrix(_ name: String, _ extents: RequiredWeight.Extent..., isOptional: Bool = false) {
    weights.append(RequiredWeight(name: prefix + name, extents: extents, isMatrix: true, isOptional: isOptional))
  }

  mutating func linear(
    _ name: String, _ rows: RequiredWeight.Extent, _ columns: RequiredWeight.Extent, hasBias: Bool
  ) {
    matrix(name + ".weight", rows, columns)
    if hasBias { tensor(name + ".bias", rows) }
  }

  mutating func norm(_ name: String, _ width: RequiredWeight.Extent, hasBias: Bool) {
    tensor(name + ".weight", width)
    if hasBias { tensor(name + ".bias", width) }
  }
}

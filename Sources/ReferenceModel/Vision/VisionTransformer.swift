// The InternViT vision tower, both variants, after OpenGVLab/InternVL's `modeling_intern_vit.py`. Its tokens
// are patches of a tile: a convolution whose kernel equals its stride, the class token, positions.
public import Kernels
public import ModelConfig
public import Tensors

/// One encoder layer: h + ls1 ∘ Attention(norm1(h)), then h + ls2 ∘ MLP(norm2(h)).
public struct VisionLayer: Sendable {
  let norm1: VisionNorm
  let q: LinearLayer
  let k: LinearLayer
  let v: LinearLayer
  /// Norms over the whole width, all heads together, before the head split.
  let qNorm: RMSNorm?
  let kNorm: RMSNorm?
  let proj: LinearLayer
  let scale1: [Float]
  let norm2: VisionNorm
  let fc1: LinearLayer
  let fc2: LinearLayer
  let scale2: [Float]
  let heads: HeadLayout
  let mode: NumericMode

  fileprivate init(_ weights: ScopedWeights, config: VisionConfig, mode: NumericMode) throws {
    let (width, inner) = (config.hiddenSize, config.intermediateSize)
    let attention = weights.scope("attn")
    func linear(_ weights: ScopedWeights, from inFeatures: Int, to outFeatures: Int, hasBias: Bool = true) throws
      -> LinearLayer
    {
      try LinearLayer(weights, inFeatures: inFeatures, outFeatures: outFeatures, hasBias: hasBias, mode: mode)
    }
    func input(_ name: String) throws -> LinearLayer {
      try linear(attention.scope(name), from: width, to: width, hasBias: config.hasQKVBias)
    }
    func widthNorm(_ name: String) throws -> RMSNorm? {
      guard config.hasQKNorm else { return nil }
      return try RMSNorm(attention.scope(name), width: width, epsilon: config.normEpsilon)
    }
    norm1 = try VisionNorm(weights.scope("norm1"), config: config)
    q = try input("q_proj")
    k = try input("k_proj")
    v = try input("v_proj")
    qNorm = try widthNorm("q_norm")
    kNorm = try widthNorm("k_norm")
    proj = try linear(attention.scope("proj"), from: width, to: width)
    scale1 = try weights.vector("ls1", count: width)
    norm2 = try VisionNorm(weights.scope("norm2"), config: config)
    fc1 = try linear(weights.scope("mlp.fc1"), from: width, to: inner)
    fc2 = try linear(weights.scope("mlp.fc2"), from: inner, to: width)
    scale2 = try weights.vector("ls2", count: width)
    heads = HeadLayout(headCount: config.headCount, kvHeadCount: config.headCount, headDim: config.headDim)
    self.mode = mode
  }

  /// - Parameters:
  ///   - hidden: `[tokens, width]`.
  ///   - onInput: Called with what the linears read, `[tokens, features]`: q, k and v at `attentionInput`, proj at
  ///     `attentionOutput`, fc1 at `mlpInput`, fc2 at `mlpOutput`.
  /// - Returns: the same shape.
  public func callAsFunction(_ hidden: Tensor, onInput: (LinearSite, Tensor) -> Void = { _, _ in }) -> Tensor {
    var hidden = hidden
    let x = norm1(hidden)
    onInput(.attentionInput, x)
    let (queries, keys) = (q(x), k(x))
    let mixed = ScaledDotProductAttention.attend(
      queries: qNorm?(queries) ?? queries, keys: (kNorm?(keys) ?? keys).values, values: v(x).values, heads: heads,
      mask: .full, in: mode)
    onInput(.attentionOutput, mixed)
    hidden.add(proj(mixed), scaledBy: scale1)
    let y = norm2(hidden)
    onInput(.mlpInput, y)
    let inner = Activation.gelu(fc1(y))
    onInput(.mlpOutput, inner)
    hidden.add(fc2(inner), scaledBy: scale2)
    return hidden
  }

  /// Gives back the memory of its weights as far as they are mapped; they can still be read.
  public func release() { for linear in [q, k, v, proj, fc1, fc2] { linear.weight.release() } }
}

/// The tower: patches of tiles to hidden states. Layers are made when needed.
public struct VisionTransformer: Sendable {
  public let config: VisionConfig
  /// Layers that run: those up to the one `select_layer` names.
  public let activeLayerCount: Int
  private let patchEmbedding: PatchEmbedding
  private let layers: ScopedWeights
  private let mode: NumericMode

  /// The tower whose weights lie below `vision_model.` in `weights`.
  /// - Throws: if a weight outside the layers is missing or has another shape, or the selected layer does not exist.
  public init(weights: any WeightSource, config: MultimodalConfig, mode: NumericMode) throws {
    let scope = ScopedWeights(weights, prefix: "vision_model.")
    guard (0...config.vision.layerCount).contains(config.activeLayerCount) else {
      throw ReferenceModelError.layerSelection(selectLayer: config.selectLayer, layerCount: config.vision.layerCount)
    }
    self.config = config.vision
    activeLayerCount = config.activeLayerCount
    patchEmbedding = try PatchEmbedding(scope.scope("embeddings"), config: config.vision, mode: mode)
    layers = scope.scope("encoder").scope("layers")
    self.mode = mode
  }

  /// The hidden states of `count` tiles after the selected layer; there is no final norm. All tiles pass a layer before
  /// the next one is read, so that the tower's weights, 11 GB of them in InternViT-6B, are read once for all, and those
  /// of one layer only are in memory.
  /// - Parameters:
  ///   - count: How many tiles; their hidden states are held in memory together.
  ///   - layerCount: How many layers they pass, at most.
  ///   - onStep: Called after each layer of each tile.
  ///   - tile: Gives a tile by its number, `[3, side, side]`, normalised pixels.
  /// - Returns: `[1 + patches, width]` for each tile, the class token first.
  /// - Throws: if a weight is missing or has another shape, or a tile has another shape; what the closures throw.
  func callAsFunction(
    count: Int, layerCount: Int = .max, trace: TraceSink? = nil, onStep: () throws -> Void = {},
    tile: (Int) throws -> Tensor
  ) throws -> [Tensor] {
    let traced: Shape = [1, config.tokenCount, config.hiddenSize]
    var hidden = try (0..<count).map { try embedded(try tile($0)) }
    for hidden in hidden { trace?("vision.embeddings", hidden.reshaped(to: traced)) }
    for index in 0..<min(activeLayerCount, layerCount) {
      let layer = try layer(index)
      defer { layer.release() }
      for tile in hidden.indices {
        hidden[tile] = layer(hidden[tile])
        trace?("vision.layer.\(index)", hidden[tile].reshaped(to: traced))
        try onStep()
      }
    }
    return hidden
  }

  /// A tile in front of the first layer.
  /// - Parameter tile: `[3, side, side]`, normalised pixels.
  /// - Returns: `[1 + patches, width]`, the class token first.
  /// - Throws: if it has another shape.
  public func embedded(_ tile: Tensor) throws -> Tensor {
    let side = config.imageSize
    guard tile.shape == [3, side, side] else {
      throw ReferenceModelError.pixelShape(expected: "[3, \(side), \(side)]", found: tile.shape.description)
    }
    return patchEmbedding(tile)
  }

  /// Layer `index`, with its weights where they are stored.
  /// - Throws: if a weight is missing or has another shape.
  public func layer(_ index: Int) throws -> VisionLayer {
    try VisionLayer(layers.scope("\(index)"), config: config, mode: mode)
  }
}

/// Patch, class and position embeddings of the vision tower.
private struct PatchEmbedding: Sendable {
  private let projection: LinearLayer
  private let classToken: [Float]
  private let positions: Tensor
  private let gridSide: Int
  private let patchSize: Int

  init(_ weights: ScopedWeights, config: VisionConfig, mode: NumericMode) throws {
    let (width, patch) = (config.hiddenSize, config.patchSize)
    let convolution = weights.scope("patch_embedding")
    let kernel = try convolution.tensor("weight", shape: [width, 3, patch, patch])
    projection = LinearLayer(
      weight: FloatMatrix(rows: width, columns: 3 * patch * patch, values: kernel.values),
      bias: try convolution.vector("bias", count: width), mode: mode)
    classToken = try weights.tensor("class_embedding", shape: [1, 1, width]).values
    positions = try weights.tensor("position_embedding", shape: [1, config.tokenCount, width])
      .reshaped(to: [config.tokenCount, width])
    gridSide = config.gridSide
    patchSize = patch
  }

  /// - Parameter tile: `[3, side, side]`.
  /// - Returns: `[1 + patches, width]`.
  func callAsFunction(_ tile: Tensor) -> Tensor {
    let patches = projection(unfolded(tile))
    var tokens = Tensor(shape: positions.shape, values: classToken + patches.values)
    tokens += positions
    return tokens
  }

  /// The pixels of each patch in the kernel's order: channel, row, column.
  /// - Returns: `[patches, 3 · patch · patch]`, patches row-major.
  private func unfolded(_ tile: Tensor) -> Tensor {
    let side = gridSide * patchSize
    var values: [Float] = []
    values.reserveCapacity(tile.values.count)
    for gridRow in 0..<gridSide {
      for gridColumn in 0..<gridSide {
        for channel in 0..<3 {
          for row in 0..<patchSize {
            let start = (channel * side + gridRow * patchSize + row) * side + gridColumn * patchSize
            values += tile.values[start..<start + patchSize]
          }
        }
      }
    }
    return Tensor(shape: [gridSide * gridSide, 3 * patchSize * patchSize], values: values)
  }
}

// The whole model: vision tower, pixel shuffle, projector, language model; and a way to look inside a forward
// pass.
public import Kernels
public import ModelConfig
public import Tensors

/// Tower, shuffle and projector: tiles to tokens of the language model.
public struct VisionEncoder: Sendable {
  public let tower: VisionTransformer
  public let shuffle: PixelShuffle
  /// `mlp1`.
  public let projector: Projector
  /// Tokens that one tile becomes.
  public let tokensPerTile: Int

  init(weights: any WeightSource, config: MultimodalConfig, hiddenSize: Int, mode: NumericMode) throws {
    tower = try VisionTransformer(weights: weights, config: config, mode: mode)
    shuffle = PixelShuffle(
      gridSide: config.vision.gridSide, factor: config.shuffleFactor, version: config.pixelShuffle)
    projector = try Projector(weights: weights, config: config, hiddenSize: hiddenSize, mode: mode)
    tokensPerTile = config.tokensPerTile
  }

  /// Bytes of hidden states that go through the tower together: 39 tiles of InternViT-6B.
  private static let heldByteCount = 512 << 20

  /// Tiles that go through the tower together.
  public var tilesAtOnce: Int { max(1, Self.heldByteCount / tileByteCount) }

  /// Bytes of a tile's hidden states.
  private var tileByteCount: Int { tower.config.tokenCount * tower.config.hiddenSize * MemoryLayout<Float>.size }

  /// Bytes that so many tiles take at most on their way: hidden states, what one tile is in the middle of a layer, and
  /// tokens, which are there twice for a moment.
  public func workingByteCount(tiles: Int) -> Int {
    let config = tower.config, tokens = tokensPerTile * projector.outFeatures * MemoryLayout<Float>.size
    let held = min(tiles, tilesAtOnce)
    let layer = config.tokenCount * (6 * config.hiddenSize + 2 * config.intermediateSize) * MemoryLayout<Float>.size
    return held == 0 ? 0 : held * (tileByteCount + 2 * tokens) + layer
  }

  /// One layer of the tower on an empty tile, for whoever wants to know how long it takes.
  /// - Throws: if a weight is missing.
  public func tryOut() throws {
    let side = tower.config.imageSize
    _ = try tower(count: 1, layerCount: 1) { _ in Tensor(zeros: [3, side, side]) }
  }

  /// Tiles as tokens of the language model, `tilesAtOnce` of them at a time, so that weights are read once for many and
  /// only the tokens grow with their number.
  /// - Parameters:
  ///   - onTile: Called with the number of tiles done; between two calls as much has been computed as one tile takes.
  ///   - tile: Gives a tile by its number, `[3, side, side]`.
  /// - Returns: `[count · tokensPerTile, hidden]`.
  /// - Throws: if a weight is missing, or a shape is not the config's; what the closures throw.
  public func callAsFunction(
    count: Int, trace: TraceSink? = nil, onTile: (Int) throws -> Void = { _ in }, tile: (Int) throws -> Tensor
  ) throws -> Tensor {
    var values: [Float] = []
    var steps = 0
    func step() throws {
      steps += 1
      if steps % tower.activeLayerCount == 0 { try onTile(steps / tower.activeLayerCount) }
    }
    for start in stride(from: 0, to: count, by: tilesAtOnce) {
      let hidden = try tower(count: min(tilesAtOnce, count - start), trace: trace, onStep: step) {
        try tile(start + $0)
      }
      for hidden in hidden {
        let tokens = projector(shuffle(hidden.rows(1..<hidden.rowCount)))
        trace?("projector", tokens.reshaped(to: [1, tokens.rowCount, tokens.rowWidth]))
        values += tokens.values
      }
      projector.release()
    }
    return Tensor(shape: [count * tokensPerTile, projector.outFeatures], values: values)
  }
}

/// A vision-language model, or a text model if the config has no vision tower.
public struct VisionLanguageModel: Sendable {
  /// Tiles to tokens; nil for a text model.
  public let vision: VisionEncoder?
  public let language: LanguageModel

  /// The model of `config` with weights under the InternVLChat layout's names.
  /// - Parameter numericMode: what multiplies, from pixels to logits.
  /// - Throws: if a weight outside the layers is missing or has another shape.
  public init(weights: any WeightSource, config: ModelConfig, numericMode: NumericMode = .exact) throws {
    language = try LanguageModel(weights: weights, config: config.text, numericMode: numericMode)
    vision = try config.multimodal.map {
      try VisionEncoder(weights: weights, config: $0, hiddenSize: config.text.hiddenSize, mode: numericMode)
    }
  }

  /// What multiplies, from pixels to logits.
  public var numericMode: NumericMode { language.numericMode }

  /// Tiles as tokens of the language model.
  /// - Parameter pixelValues: `[tiles, 3, side, side]`.
  /// - Returns: `[tiles · tokensPerTile, hidden]`.
  /// - Throws: `ReferenceModelError` if there is no tower or the shape is wrong; if a weight is missing.
  public func projectTiles(_ pixelValues: Tensor, trace: TraceSink? = nil) throws -> Tensor {
    guard let vision else { throw ReferenceModelError.noVisionTower }
    let side = vision.tower.config.imageSize
    guard pixelValues.shape.rank == 4, Array(pixelValues.shape.dimensions.dropFirst()) == [3, side, side] else {
      throw ReferenceModelError.pixelShape(
        expected: "[tiles, 3, \(side), \(side)]", found: pixelValues.shape.description)
    }
    return try vision(count: pixelValues.rowCount, trace: trace) { tile in
      pixelValues.rows(tile..<tile + 1).reshaped(to: [3, side, side])
    }
  }

  /// Embeddings of a prompt, with the rows of image context tokens replaced by image tokens, in order.
  /// - Parameters:
  ///   - ids: the prompt.
  ///   - imageContextToken: the id to replace; nil if the tokenizer has none.
  ///   - imageTokens: `[count, hidden]`, from `projectTiles`; nil if there is no picture.
  /// - Returns: `[ids, hidden]`.
  /// - Throws: `ReferenceModelError` if an id is out of range or the counts differ.
  public func embed(ids: [Int], imageContextToken: Int?, imageTokens: Tensor?) throws -> Tensor {
    let places = ids.indices.filter { ids[$0] == imageContextToken }
    guard let imageTokens else { return try language.embed(ids) }
    guard places.count == imageTokens.rowCount else {
      throw ReferenceModelError.imageTokenCount(inPrompt: places.count, fromTiles: imageTokens.rowCount)
    }
    var embeddings = try language.embed(ids)
    let width = language.config.hiddenSize
    for (row, place) in places.enumerated() {
      embeddings.values.replaceSubrange(
        place * width..<(place + 1) * width, with: imageTokens.values[row * width..<(row + 1) * width])
    }
    return embeddings
  }
}

/// Receives a hidden state and its name, in order of computation: `vision.embeddings`, `vision.layer.N` (each
/// `[1, tokens, width]`, once per tile), `projector` (`[1, tokensPerTile, hidden]`, once per tile),
/// `language.embeddings`, `language.layer.N`, `language.final_norm`, `logits` (each `[tokens, …]`).
public typealias TraceSink = (_ name: String, _ tensor: Tensor) -> Void

// Inputs in front of the first decoder layer. Every distinct tile goes through a vision tower once, whichever inputs
// show it and however many models have that tower; and with many others, so that each weight is read once for all.
// Inputs that come in several calls share tiles as far as `TileTokens` keeps them.
internal import ImageProcessing
internal import ModelConfig
internal import ModelFiles
internal import ModelInputs
internal import ReferenceModel
internal import Storage
internal import Tensors

/// Embeds inputs for one or several models.
struct InputEmbedder {
  private let models: [LoadedModel]
  /// The number of each model's tower in `TileTokens`.
  private let towers: [Int]
  private let imageContextID: Int?

  /// - Parameters:
  ///   - models: All read the ids as the first one's builder gives them.
  ///   - towers: For each model the number of its vision tower; equal towers have one number.
  init(_ models: [LoadedModel], towers: [Int]) {
    self.init(models, towers: towers, imageContextID: models.first?.builder.imageContextID)
  }

  /// - Parameter tower: The number of the model's tower.
  init(_ model: LoadedModel, tower: Int = 0) { self.init([model], towers: [tower]) }

  private init(_ models: [LoadedModel], towers: [Int], imageContextID: Int?) {
    precondition(models.count == towers.count, "a tower for each model")
    self.models = models
    self.towers = towers
    self.imageContextID = imageContextID
  }

  /// One of the models alone, which reads the ids as all of them do.
  func only(_ index: Int) -> InputEmbedder {
    InputEmbedder([models[index]], towers: [towers[index]], imageContextID: imageContextID)
  }

  /// `[tokens, hidden]` of one input from each model.
  /// - Throws: as below.
  func embed(_ input: ModelInput) throws -> [Tensor] {
    var embedded: [Tensor] = []
    try embed([input], onTile: { _, _ in }) { embedded = $1 }
    return embedded
  }

  /// Embeds `inputs` in their order, knowing no tile from before.
  /// - Parameters, throws: as below.
  func embed(
    _ inputs: [ModelInput], onTile: (Int, Int) throws -> Void, onInput: (Int, [Tensor]) throws -> Void
  ) throws {
    let tokens = TileTokens(towerCount: (towers.max() ?? 0) + 1, keptByteCount: 0)
    try embed(inputs, tokens, onTile: onTile, onInput: onInput)
  }

  /// Embeds `inputs` in their order.
  /// - Parameters:
  ///   - tokens: Of tiles that have been through a tower.
  ///   - onTile: Called with the number of tiles that have been through a tower, and of all that have to go.
  ///   - onInput: Called with the number of each input and `[tokens, hidden]` from each model.
  /// - Throws: `ReferenceModelError`; if a weight is missing; what the closures throw.
  func embed(
    _ inputs: [ModelInput], _ tokens: TileTokens, onTile: (Int, Int) throws -> Void,
    onInput: (Int, [Tensor]) throws -> Void
  ) throws {
    let shown = inputs.map(\.tileDigests)
    var lastUse: [SHA256Digest: Int] = [:]
    for (index, tiles) in shown.enumerated() { for tile in tiles { lastUse[tile] = index } }
    tokens.claim(lastUse.keys)
    let total = Set(towers).reduce(0) { total, tower in total + lastUse.keys.count { tokens[tower, $0] == nil } }
    var done = 0
    for index in inputs.indices {
      for tower in Set(towers).sorted() where shown[index].contains(where: { tokens[tower, $0] == nil }) {
        let owner = towers.firstIndex(of: tower)
        guard let vision = owner.flatMap({ models[$0].model.vision }) else { throw ReferenceModelError.noVisionTower }
        let batch = Self.missing(from: tokens, of: tower, in: shown[index...], vision.tilesAtOnce)
        let before = done
        let rows = try vision(count: batch.count, onTile: { try onTile(before + $0, total) }) { tile in
          let place = batch[tile]
          guard let pixels = inputs[place.input].pixels else { throw ReferenceModelError.noVisionTower }
          return pixels.values(of: place.tile)
        }
        done += batch.count
        for (position, tile) in batch.enumerated() {
          let count = vision.tokensPerTile
          tokens[tower, tile.digest] = rows.rows(position * count..<(position + 1) * count)
        }
      }
      let embedded = try zip(models, towers).map { model, tower in
        let rows = shown[index].compactMap { tokens[tower, $0] }
        let width = model.model.language.config.hiddenSize
        let imageTokens = Tensor(
          shape: [rows.reduce(0) { $0 + $1.rowCount }, width], values: rows.flatMap(\.values))
        return try model.model.embed(
          ids: inputs[index].ids, imageContextToken: imageContextID, imageTokens: rows.isEmpty ? nil : imageTokens)
      }
      try onInput(index, embedded)
      for tile in shown[index] where lastUse[tile] == index { tokens.retire(tile) }
    }
  }

  /// Where a tile stands.
  private struct Place {
    let digest: SHA256Digest
    let input: Int
    let tile: Int
  }

  /// The next tiles without tokens: all of the first input's, and of later ones while there are at most `count`.
  private static func missing(
    from tokens: TileTokens, of tower: Int, in shown: ArraySlice<[SHA256Digest]>, _ count: Int
  ) -> [Place] {
    var seen: Set<SHA256Digest> = []
    var places: [Place] = []
    for (input, tiles) in zip(shown.indices, shown) {
      guard input == shown.startIndex || places.count + tiles.count <= count else { break }
      for (tile, digest) in tiles.enumerated() where tokens[tower, digest] == nil && seen.insert(digest).inserted {
        places.append(Place(digest: digest, input: input, tile: tile))
      }
    }
    return places
  }
}

extension [LoadedModel] {
  /// For each model the number of the first one that has the same vision tower. Reads all weights outside the decoders.
  /// - Throws: what reading throws.
  func towers() throws -> [Int] {
    try indices.map { index in
      try self[..<index].indices.first { try self[$0].hasTower(of: self[index]) } ?? index
    }
  }
}

extension LoadedModel {
  /// Whether pictures become the same tokens in both models: their configurations and all weights outside the decoder
  /// are the same, bit by bit.
  fileprivate func hasTower(of other: LoadedModel) throws -> Bool {
    guard file.config.multimodal == other.file.config.multimodal else { return false }
    return try file.hasSameVision(as: other.file)
  }
}

extension ModelInput {
  /// SHA-256 of what a tower reads of each tile: its pixels, and what floats they become.
  var tileDigests: [SHA256Digest] {
    guard let pixels else { return [] }
    return pixels.tiles.map { tile in
      var hasher = SHA256Hasher()
      for level in pixels.levels { hasher.update(unsafe level.span.bytes) }
      hasher.update(tile.rgb)
      return hasher.finalize()
    }
  }
}

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
  private let imageContextID: Int?

  /// - Parameter models: All read the ids as the first one's builder gives them.
  init(_ models: [LoadedModel]) {
    self.models = models
    imageContextID = models.first?.builder.imageContextID
  }

  /// For each model the first one that has the same vision tower.
  private func towers() throws -> [Int] {
    try models.indices.map { index in
      try models[..<index].indices.first { try models[$0].hasTower(of: models[index]) } ?? index
    }
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
    var tokens = TileTokens(towerCount: models.count, keptByteCount: 0)
    try embed(inputs, &tokens, onTile: onTile, onInput: onInput)
  }

  /// Embeds `inputs` in their order.
  /// - Parameters:
  ///   - tokens: Of tiles that have been through a tower.
  ///   - onTile: Called with the number of tiles that have been through a tower, and of all that have to go.
  ///   - onInput: Called with the number of each input and `[tokens, hidden]` from each model.
  /// - Throws: `ReferenceModelError`; if a weight is missing; what the closures throw.
  func embed(
    _ inputs: [ModelInput], _ tokens: inout TileTokens, onTile: (Int, Int) throws -> Void,
    onInput: (Int, [Tensor]) throws -> Void
  ) throws {
    let shown = inputs.map(\.tileDigests)
    let towers = shown.allSatisfy(\.isEmpty) ? Array(models.indices) : try towers()
    var lastUse: [SHA256Digest: Int] = [:]
    for (index, tiles) in shown.enumerated() { for tile in tiles { lastUse[tile] = index } }
    tokens.claim(lastUse.keys)
    let total = Set(towers).reduce(0) { total, tower in total + lastUse.keys.count { tokens[tower, $0] == nil } }
    var done = 0
    for index in inputs.indices {
      for tower in Set(towers).sorted() where shown[index].contains(where: { tokens[tower, $0] == nil }) {
        guard let vision = models[tower].model.vision else { throw ReferenceModelError.noVisionTower }
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

extension LoadedModel {
  /// Whether pictures become the same tokens in both models: their configurations and all weights outside the decoder
  /// are the same, bit by bit.
  fileprivate func hasTower(of other: LoadedModel) throws -> Bool {
    guard file.config.multimodal == other.file.config.multimodal else { return false }
    return try file.hasSameVision(as: other.file)
  }
}

extension ModelInput {
  /// SHA-256 of the pixels of each tile.
  fileprivate var tileDigests: [SHA256Digest] { (pixels?.tiles ?? []).map { SHA256Hasher.hash($0.rgb) } }
}

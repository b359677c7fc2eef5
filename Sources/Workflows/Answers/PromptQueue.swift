// Inputs on their way in front of the first decoder layer: read some at a time, when they are wanted, so that
// thousands of questions take the memory of a few, and tiles go through the vision tower together.
internal import ModelConfig
internal import ModelInputs
internal import ReferenceModel

/// Embeds inputs as they are asked for.
struct PromptQueue {
  /// Inputs read ahead at most.
  private static let inputLimit = 32

  private let hiddenByteCount: Int
  private let inputCount: Int
  private let memory: AnswerMemory
  private let embedder: InputEmbedder
  private let tiles: TileTokens
  /// The next one comes last.
  private var ready: [GenerationRequest] = []

  /// Questions for `model`; no more are read ahead than are answered together.
  init(_ model: LoadedModel, _ embedder: InputEmbedder, _ tiles: TileTokens, _ memory: AnswerMemory) {
    hiddenByteCount = model.hiddenByteCount
    inputCount = min(memory.limits.sequences, Self.inputLimit)
    self.memory = memory
    self.embedder = embedder
    self.tiles = tiles
  }

  /// The next input of `source`, embedded; nil when there is none left.
  /// - Throws: `ReferenceModelError`; if a weight is missing; what `source` throws.
  mutating func next(_ source: () throws -> AnswerRequest?) throws -> GenerationRequest? {
    if ready.isEmpty { ready = try readAhead(source).reversed() }
    return ready.popLast()
  }

  private mutating func readAhead(_ source: () throws -> AnswerRequest?) throws -> [GenerationRequest] {
    var requests: [AnswerRequest] = []
    var (byteCount, tileCount) = (0, 0)
    // One is always read.
    while requests.isEmpty
      || (requests.count < inputCount && byteCount < memory.aheadByteCount && tileCount < memory.aheadTileCount),
      let request = try source()
    {
      byteCount += request.input.answerStart * hiddenByteCount
      tileCount += request.input.tileCounts.reduce(0, +)
      requests.append(request)
    }
    var embedded: [GenerationRequest] = []
    try embedder.embed(requests.map(\.input.promptOnly), tiles, onTile: { _, _ in }) { index, prompt in
      let request = requests[index]
      embedded.append(
        GenerationRequest(
          prompt: prompt[0], promptIDs: request.input.promptOnly.ids, sampling: request.sampling,
          maxTokens: request.maxTokens))
    }
    return embedded
  }
}

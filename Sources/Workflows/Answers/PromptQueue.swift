// Inputs on their way in front of the first decoder layer: read some at a time, when they are wanted, so that
// thousands of questions take the memory of a few, and tiles go through the vision tower together.
internal import ModelConfig
internal import ModelInputs
internal import ReferenceModel

/// Embeds inputs as they are asked for.
struct PromptQueue {
  /// Inputs read ahead at most.
  private static let inputLimit = 32
  /// Bytes of embeddings after which no more is read ahead.
  private static let byteLimit = 128 << 20
  /// Bytes of tiles' tokens that later inputs may show again.
  private static let keptTileByteCount = 512 << 20

  private let model: LoadedModel
  private let inputCount: Int
  private var tiles = TileTokens(towerCount: 1, keptByteCount: keptTileByteCount)
  /// The next one comes last.
  private var ready: [GenerationRequest] = []

  /// - Parameter count: Inputs that are wanted soon; more are not read ahead.
  init(_ model: LoadedModel, ahead count: Int) {
    self.model = model
    inputCount = min(count, Self.inputLimit)
  }

  /// The next input of `source`, embedded; nil when there is none left.
  /// - Throws: `ReferenceModelError`; if a weight is missing; what `source` throws.
  mutating func next(_ source: () throws -> AnswerRequest?) throws -> GenerationRequest? {
    if ready.isEmpty { ready = try readAhead(source).reversed() }
    return ready.popLast()
  }

  private mutating func readAhead(_ source: () throws -> AnswerRequest?) throws -> [GenerationRequest] {
    let bytesPerToken = model.model.language.config.hiddenSize * MemoryLayout<Float>.size
    let tilesAtOnce = model.model.vision?.tilesAtOnce ?? .max
    var requests: [AnswerRequest] = []
    var (byteCount, tileCount) = (0, 0)
    while requests.count < inputCount, byteCount < Self.byteLimit, tileCount < tilesAtOnce,
      let request = try source()
    {
      byteCount += request.input.answerStart * bytesPerToken
      tileCount += request.input.tileCounts.reduce(0, +)
      requests.append(request)
    }
    var embedded: [GenerationRequest] = []
    try InputEmbedder([model]).embed(requests.map(\.input.promptOnly), &tiles, onTile: { _, _ in }) { index, prompt in
      let request = requests[index]
      embedded.append(
        GenerationRequest(
          prompt: prompt[0], promptIDs: request.input.promptOnly.ids, sampling: request.sampling,
          maxTokens: request.maxTokens))
    }
    return embedded
  }
}

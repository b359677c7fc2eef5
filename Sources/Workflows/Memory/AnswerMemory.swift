// How answers of a model keep within a limit of memory: what one answer takes, and how what is left is shared out. No
// answer depends on it.
internal import Kernels
internal import LayerSearch
internal import ModelConfig
internal import ModelFiles
internal import ModelInputs
internal import ReferenceModel

/// What is to be answered, as far as it is known before.
struct AnswerLoad: Sendable, Equatable {
  /// Tokens of the longest prompt, and of the longest answer.
  var promptTokens = 1, answerTokens = 0
  /// Tiles of the question that shows most.
  var tiles = 0
  /// Questions, their tokens, and tiles of all their pictures.
  var questionCount = 0, tokenCount = 0, tileCount = 0

  /// No memory has room for so many tokens, and sums over them do not overflow.
  private static let longestAnswer = 1 << 28

  /// One more question.
  mutating func add(_ input: ModelInput, answerTokens: Int) {
    let tiles = input.tileCounts.reduce(0, +)
    promptTokens = max(promptTokens, input.answerStart)
    self.answerTokens = max(self.answerTokens, min(answerTokens, Self.longestAnswer))
    self.tiles = max(self.tiles, tiles)
    questionCount += 1
    tokenCount += input.answerStart
    tileCount += tiles
  }

  /// More of the same, of which these are the only ones that are known: so many questions, perhaps twice as long.
  func scaled(to count: Int) -> AnswerLoad {
    guard questionCount > 0, count > questionCount else { return self }
    var load = self
    load.promptTokens *= 2
    load.tiles *= 2
    load.questionCount = count
    load.tokenCount = tokenCount / questionCount * count
    load.tileCount = tileCount / questionCount * count
    return load
  }
}

/// How much of what is answered is in memory at the same time.
struct AnswerMemory: Sendable, Equatable {
  /// What is generated together.
  let limits: BatchLimits
  /// Bytes of prompts that are read ahead, and tiles among them.
  let aheadByteCount: Int, aheadTileCount: Int
  /// Bytes of tiles' tokens that are kept for questions to come, and those that stay for other models.
  let keptByteCount: Int, pinnedByteCount: Int
  /// Bytes that the process takes, at most.
  let peak: Int

  /// As much as is of use.
  private static let ample = (ahead: 128 << 20, kept: 512 << 20, promptTokens: 2048)

  /// Shares out what a limit leaves beside the longest answer.
  /// - Parameters:
  ///   - load: What is known of the questions; nil for nothing.
  ///   - residentByteCount: What the process takes already.
  ///   - pins: Whether tokens of tiles stay for other models.
  init(
    _ model: LoadedModel, _ load: AnswerLoad?, batchSize: Int, limit: MemoryLimit, residentByteCount: Int,
    pins: Bool = false
  ) {
    let longest = load ?? AnswerLoad()
    let demand = AnswerDemand(model, residentByteCount: residentByteCount)
    // There may be no limit.
    let least = demand.least(longest), rest = max(0, min(limit.byteCount, 1 << 60) - least)
    let sequences = min(batchSize, 1 + rest / 8 / demand.scores)
    // No more than there is.
    let allTokens = load?.tokenCount ?? .max, tileCount = load?.tileCount ?? .max
    let allTiles = load.map { $0.tileCount * model.tileByteCount } ?? .max
    aheadByteCount = min(Self.ample.ahead, rest / 16, load.map { $0.tokenCount * model.hiddenByteCount } ?? .max)
    keptByteCount = model.model.vision == nil ? 0 : min(Self.ample.kept, rest / 8, allTiles)
    pinnedByteCount = pins ? min(allTiles, rest / 4) : 0
    let promptTokens = min(
      Self.ample.promptTokens, longest.promptTokens + rest / 4 / demand.reading(tokens: 1),
      max(longest.promptTokens, allTokens))
    let tilesAtOnce = model.model.vision?.tilesAtOnce ?? .max
    aheadTileCount = min(tilesAtOnce, 1 + rest / 4 / max(1, model.towerByteCount(tiles: 1)), max(1, tileCount))
    let aside =
      max(
        demand.reading(tokens: promptTokens),
        model.towerByteCount(tiles: longest.tiles + (longest.tiles > 0 || load == nil ? aheadTileCount - 1 : 0)))
      - max(demand.reading(tokens: longest.promptTokens), model.towerByteCount(tiles: longest.tiles))
    let taken = (sequences - 1) * demand.scores + aheadByteCount + keptByteCount + pinnedByteCount + max(0, aside)
    // Weights are read so often that they should stay in memory if there is room.
    let left = max(0, rest - taken)
    let room = demand.cache(longest) + max(left / 2, left - demand.weights)
    let together = load.map { min(sequences, max(1, $0.questionCount)) } ?? sequences
    let (wanted, overflows) = demand.cache(longest).multipliedReportingOverflow(by: together)
    let cache = load == nil || overflows ? room : min(room, wanted)
    limits = BatchLimits(
      sequences: sequences, cacheByteCount: demand.keysAndValues(in: cache), promptTokens: promptTokens)
    peak = least + taken + max(0, cache - demand.cache(longest))
  }

  /// The same within a limit that is kept; `observe` is told of it.
  /// - Throws: `MemoryShortage` if the longest question alone takes more; what `observe` throws.
  init(
    _ model: LoadedModel, _ load: AnswerLoad, batchSize: Int, within limit: MemoryLimit, _ observe: RunObserver
  ) throws {
    let resident = AvailableMemory().ownByteCount
    try load.requireRoom(model, limit, residentByteCount: resident)
    self.init(model, load, batchSize: batchSize, limit: limit, residentByteCount: resident)
    try observe(.memoryUse(MemoryUse(peak: peak, limit: limit, groupCount: 1)))
  }

  /// Bytes that the answers of `load` take at least: one question at a time.
  static func least(_ model: LoadedModel, _ load: AnswerLoad, residentByteCount: Int) -> Int {
    AnswerDemand(model, residentByteCount: residentByteCount).least(load)
  }
}

extension AnswerLoad {
  /// Checks that a model can answer the longest of the questions within `limit`.
  /// - Throws: `MemoryShortage`.
  func requireRoom(_ model: LoadedModel, _ limit: MemoryLimit, residentByteCount: Int) throws(MemoryShortage) {
    let needed = AnswerMemory.least(model, self, residentByteCount: residentByteCount)
    guard needed > limit.byteCount else { return }
    throw MemoryShortage(limit: limit.byteCount, needed: needed, stage: stage)
  }

  /// The longest question, as a shortage of memory names it.
  var stage: String { "an answer of up to \(answerTokens) tokens to a prompt of \(promptTokens)" }
}

/// What answers take.
private struct AnswerDemand {
  private let model: LoadedModel
  private let fixed: Int
  private let bytesPerToken: (cache: Int, hidden: Int)
  /// Scores of the tokens that may follow one sequence, as they are and in double precision.
  let scores: Int
  /// Weights beside those that are counted anyway.
  let weights: Int

  init(_ model: LoadedModel, residentByteCount: Int) {
    let config = model.file.config.text
    self.model = model
    scores = 3 * config.vocabularySize * MemoryLayout<Float>.size
    // What each worker makes of them where tokens are drawn.
    let drawn = Parallel.threadCount * 5 * config.vocabularySize * MemoryLayout<Double>.size
    fixed = residentByteCount + model.standingByteCount + scores + drawn
    bytesPerToken = (KVCache.byteCountPerToken(config), model.hiddenByteCount)
    weights = max(0, model.file.weightByteCount - model.file.largestLayerByteCount)
  }

  /// Bytes of prompts of so many tokens that are read together.
  func reading(tokens: Int) -> Int {
    model.readingByteCount(tokens: tokens, longest: tokens) + 3 * tokens * bytesPerToken.hidden
  }

  /// Bytes of the longest question on its way through tower or decoder, one after the other, and what it waits as.
  func working(_ load: AnswerLoad) -> Int {
    max(reading(tokens: load.promptTokens), model.towerByteCount(tiles: load.tiles))
      + load.tiles * model.tileByteCount + load.promptTokens * bytesPerToken.hidden
  }

  /// Bytes that are kept of the longest question: keys and values, and what it was in front of the first layer.
  func cache(_ load: AnswerLoad) -> Int {
    (load.promptTokens + load.answerTokens) * (bytesPerToken.cache + bytesPerToken.hidden)
  }

  /// The part of `byteCount` that keys and values have.
  func keysAndValues(in byteCount: Int) -> Int {
    let all = bytesPerToken.cache + bytesPerToken.hidden
    return byteCount / all * bytesPerToken.cache
  }

  /// Bytes of a single answer.
  func least(_ load: AnswerLoad) -> Int { fixed + working(load) + cache(load) }
}

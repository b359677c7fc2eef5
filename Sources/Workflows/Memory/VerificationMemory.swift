// How a verification keeps within a limit of memory: which samples pass through the layers together. No number depends
// on it; each group reads all layers once.
internal import LayerSearch
internal import ModelConfig
internal import ModelFiles
internal import ModelInputs
internal import Verification

/// Which samples are in memory together, and what stays of their pictures.
struct VerificationMemory: Equatable {
  /// Neighbours, in order.
  let groups: [Range<Int>]
  /// Bytes of tiles' tokens that stay, for the answers.
  let pinnedByteCount: Int
  /// Bytes that the process takes, at most.
  let peak: Int

  /// As few groups as a limit allows, behind what stays for the answers.
  /// - Throws: `MemoryShortage` if a sample alone, or the longest answer, takes more.
  init(_ demand: VerificationDemand, limit: MemoryLimit) throws(MemoryShortage) {
    // There may be no limit.
    let limit = min(limit.byteCount, 1 << 60), least = demand.least
    guard least.byteCount <= limit else {
      throw MemoryShortage(limit: limit, needed: least.byteCount, stage: least.stage)
    }
    pinnedByteCount = demand.answers.isEmpty ? 0 : min(demand.tokensOfAllTiles, (limit - least.byteCount) / 2)
    let room = limit - demand.fixed - pinnedByteCount
    var groups: [Range<Int>] = [], size = VerificationDemand.Size(), largest = 0
    for (index, sample) in demand.samples.enumerated() {
      let joined = size + sample
      if let last = groups.last, demand.byteCount(joined) <= room {
        groups[groups.count - 1] = last.lowerBound..<index + 1
        size = joined
      } else {
        groups.append(index..<index + 1)
        size = sample
      }
      largest = max(largest, demand.byteCount(size))
    }
    self.groups = groups
    peak = demand.fixed + pinnedByteCount + largest
  }
}

/// What a verification has to fit into memory, from shapes and token counts alone.
struct VerificationDemand {
  /// How much some samples are.
  struct Size {
    /// Tokens of all of them and of the longest one, and tiles of their pictures.
    var tokens = 0, longest = 0, tiles = 0

    static func + (a: Size, b: Size) -> Size {
      Size(tokens: a.tokens + b.tokens, longest: max(a.longest, b.longest), tiles: a.tiles + b.tiles)
    }
  }

  /// Each sample.
  let samples: [Size]
  /// What the answers of each model take at least; empty if there are none.
  let answers: [(byteCount: Int, stage: String)]
  /// Bytes that are there all the time: the process with the pictures, and a layer of each model.
  let fixed: Int
  private let models: [LoadedModel]
  private let towerCount: Int
  private let logitsByteCount: Int

  /// - Parameters:
  ///   - models: The original and all candidates.
  ///   - towerCount: How many different vision towers they have.
  ///   - load: What is to be answered; nil for nothing.
  ///   - residentByteCount: What the process takes already, with pictures.
  init(
    _ models: [LoadedModel], towerCount: Int, _ inputs: [ModelInput], answers load: AnswerLoad?, residentByteCount: Int
  ) {
    self.models = models
    self.towerCount = towerCount
    samples = inputs.map {
      Size(tokens: $0.ids.count, longest: $0.ids.count, tiles: $0.tileCounts.reduce(0, +))
    }
    let layers = models.reduce(0) { $0 + $1.mappedByteCount }
    fixed = residentByteCount + LoadedModel.slackByteCount + layers
    let heads = models.reduce(0) { $0 + $1.file.headByteCount }
    let vocabularySize = models.first?.file.config.text.vocabularySize ?? 0
    logitsByteCount =
      ModelComparison.logitsByteCount(vocabularySize: vocabularySize) + max(0, heads - layers)
    answers = (load.map { load in models.map { ($0, load) } } ?? []).map { model, load in
      (AnswerMemory.least(model, load, residentByteCount: residentByteCount), load.stage)
    }
  }

  private var hiddenByteCount: Int { models.first?.hiddenByteCount ?? 0 }

  /// Bytes of all tiles as tokens.
  var tokensOfAllTiles: Int { samples.reduce(0) { $0 + tileTokens($1.tiles) } }

  private func tileTokens(_ tiles: Int) -> Int { tiles * towerCount * (models.first?.tileByteCount ?? 0) }

  /// Bytes that samples take together beside what is always there: what all models have of them, and either tiles on
  /// their way through the tower, the longest sample in a layer, or logits.
  func byteCount(_ size: Size) -> Int {
    let tower = models.map { $0.towerByteCount(tiles: size.tiles) }.max() ?? 0
    let layer = models.map { $0.readingByteCount(tokens: size.longest, longest: size.longest) }.max() ?? 0
    return size.tokens * models.count * hiddenByteCount
      + max(tower + tileTokens(size.tiles), layer + size.longest * hiddenByteCount, logitsByteCount)
  }

  /// Bytes without which nothing goes, and what takes them.
  var least: (byteCount: Int, stage: String) {
    let samples = samples.map { (fixed + byteCount($0), "a sample of \($0.tokens) tokens") }
    return (samples + answers).max { $0.0 < $1.0 } ?? (fixed, "the models")
  }
}

// How long a model's forward pass takes on this machine: parts of it are tried on empty tokens.
internal import ModelConfig
internal import ModelFiles
internal import ReferenceModel
internal import Storage

extension LoadedModel {
  /// The least time of two tries, in seconds; the first one may have to bring weights into memory.
  private func least(_ body: () throws -> Void) rethrows -> Double {
    var best = Double.infinity
    for _ in 0..<2 {
      let clock = RunClock()
      try body()
      best = min(best, clock.elapsed)
    }
    return best
  }

  /// How long a tile takes in the vision tower, by how long one does in the first layer.
  /// - Throws: if a weight is missing.
  func tileSeconds() throws -> Double {
    guard let multimodal = file.config.multimodal, let vision = model.vision else { return 0 }
    let work = TowerWork(multimodal, hiddenSize: file.config.text.hiddenSize)
    return try least(vision.tryOut) / work.layer * work.tile
  }

  /// How long reading takes: samples of so many tokens each, through all layers.
  /// - Throws: if a weight is missing.
  func readingSeconds(_ tokenCounts: [Int]) throws -> Double {
    let config = file.config.text, tried = (few: 16, many: 256)
    let few = try least { try model.language.tryOutReading(tokens: tried.few) }
    let many = try least { try model.language.tryOutReading(tokens: tried.many) }
    // Each sample decodes the weights once; each product takes its time.
    let works = (few: config.layerProducts(tokens: tried.few), many: config.layerProducts(tokens: tried.many))
    let perProduct = max(0, many - few) / (works.many - works.few)
    let decoding = max(0, few - perProduct * works.few)
    let layer = tokenCounts.reduce(0) { $0 + decoding + perProduct * config.layerProducts(tokens: $1) }
    return layer * Double(config.layerCount)
  }

  /// How long answers take if each comes to its last token.
  /// - Parameter memory: How many of them are written together.
  /// - Throws: if a weight is missing.
  func answerSeconds(_ load: AnswerLoad, _ memory: AnswerMemory) throws -> Double {
    let longest = load.promptTokens + load.answerTokens
    let room = memory.limits.cacheByteCount / KVCache.byteCountPerToken(file.config.text) / max(1, longest)
    let together = max(1, min(memory.limits.sequences, load.questionCount, room))
    let reading = try readingSeconds([load.tokenCount / max(1, load.questionCount)]) * Double(load.questionCount)
    let history = min(longest, Self.longestHistory)
    let step = try least { try model.language.tryOutStep(sequences: together, history: history) }
    let scores = least { model.language.tryOutScores(sequences: together) }
    let rounds = (load.questionCount + together - 1) / together
    return reading + (step * Double(file.config.text.layerCount) + scores) * Double(rounds * load.answerTokens)
  }

  /// Tokens behind which a step is tried at most.
  private static let longestHistory = 4096

  /// How long all weights take from the disk.
  var weightSeconds: Double {
    Double(file.weightByteCount) / (file.largestWeightFile.flatMap(StorageProbe.reading) ?? .infinity)
  }
}

extension TextConfig {
  /// Multiply-adds of a sample of so many tokens in one layer.
  func layerProducts(tokens: Int) -> Double {
    let linears = LinearSite.allCases.reduce(0) { sum, site in
      sum + site.linears.reduce(0) { $0 + inFeatures(at: site) * outFeatures(of: $1) }
    }
    // Each token meets those before it, in scores and in what they weigh.
    return Double(tokens) * (Double(linears) + Double(tokens + 1) * Double(headCount * headDim))
  }
}

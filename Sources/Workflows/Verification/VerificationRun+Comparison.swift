// The teacher-forced part of a verification: samples pass through all models, as many together as memory allows.
internal import CLinux
internal import LayerSearch
internal import ModelFiles
internal import ModelInputs
internal import ReferenceModel
internal import Verification

extension VerificationRun {
  /// How a run keeps within its limit.
  struct Memory {
    let use: MemoryUse
    let comparison: VerificationMemory
    /// For each model, the original first; empty if nothing is answered.
    let answers: [AnswerMemory]
    let answerTokens: Int
    /// The number of each model's vision tower.
    let towers: [Int]
  }

  /// How this run keeps within its limit.
  /// - Parameters:
  ///   - answerTokens: The longest answer to generate.
  ///   - towers: For each model the number of the first one that has the same vision tower.
  /// - Throws: `MemoryShortage`.
  func memory(_ start: Started, answerTokens: Int, towers: [Int]) throws(MemoryShortage) -> Memory {
    let limit = MemoryLimit(memoryLimit), resident = AvailableMemory().ownByteCount
    let load = start.answerLoad(answerTokens: answerTokens)
    let comparison = try VerificationMemory(
      VerificationDemand(
        start.models, towerCount: Set(towers).count, start.asked.map(\.input), answers: load,
        residentByteCount: resident), limit: limit)
    let answers = (load.map { load in start.models.map { ($0, load) } } ?? []).map { model, load in
      AnswerMemory(
        model, load, batchSize: AnswerEngine.defaultBatchSize, limit: limit,
        residentByteCount: resident + comparison.pinnedByteCount)
    }
    let peak = ([comparison.peak] + answers.map(\.peak)).max() ?? 0
    return Memory(
      use: MemoryUse(peak: peak, limit: limit, groupCount: comparison.groups.count), comparison: comparison,
      answers: answers, answerTokens: answerTokens, towers: towers)
  }

  /// Compares all models on the samples, one group after the other.
  /// - Parameter tiles: Takes in what their pictures become.
  func compared(
    _ start: Started, _ memory: Memory, _ tiles: TileTokens, _ observe: RunObserver
  ) throws -> [ComparisonResult] {
    let layerCount = start.original.model.language.layerCount
    let groups = memory.comparison.groups
    let embedder = InputEmbedder(start.models, towers: memory.towers)
    var comparison = ModelComparison(
      reference: start.original.model.language, candidates: start.quantized.map(\.model.language))
    for (number, group) in groups.enumerated() {
      try comparison.add(embedded(start, group, embedder, tiles, observe)) {
        start.releasePages()
        try observe(.progress(.layers, done: number * layerCount + $0, total: groups.count * layerCount))
      }
      start.endStage()
    }
    return comparison.results
  }

  /// Some of the samples as all models embed them. All read the original's ids, whatever a candidate's tokenizer calls
  /// them.
  private func embedded(
    _ start: Started, _ group: Range<Int>, _ embedder: InputEmbedder, _ tiles: TileTokens, _ observe: RunObserver
  ) throws -> [VerificationSample] {
    let imageContextID = start.original.builder.imageContextID
    let inputs = start.asked[group].map(\.input)
    var samples: [VerificationSample] = []
    try embedder.embed(
      inputs, tiles, onTile: { try observe(.progress(.visionTower, done: $0, total: $1)) }
    ) { index, embeddings in
      samples.append(
        VerificationSample(
          reference: embeddings[0], candidates: Array(embeddings.dropFirst()), ids: inputs[index].ids,
          classes: inputs[index].tokenClasses(imageContextID: imageContextID)))
    }
    start.endStage()
    return samples
  }
}

extension VerificationRun.Started {
  /// Gives back the memory of all weights that were read.
  fileprivate func releasePages() {
    for model in models { model.file.releasePages() }
  }

  /// A stage of the work is over: what it has freed is not there beside what the next one takes.
  fileprivate func endStage() {
    releasePages()
    malloc_trim(0)
  }

  /// What is to be answered; nil for nothing.
  func answerLoad(answerTokens: Int) -> AnswerLoad? {
    var load = AnswerLoad()
    guard answerTokens > 0 else { return nil }
    for sample in asked where !sample.question.isPlainText { load.add(sample.input, answerTokens: answerTokens) }
    return load.questionCount > 0 ? load : nil
  }
}

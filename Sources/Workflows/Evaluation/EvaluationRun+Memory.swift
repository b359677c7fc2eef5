// How an evaluation keeps within a limit of memory, and what its models share of pictures.
internal import Evaluation
internal import LayerSearch
internal import ModelFiles
internal import ModelInputs
internal import Storage

/// How much of one model's answers is in memory at the same time, and what pictures became already.
struct AnswerRoom {
  let memory: AnswerMemory
  /// The number of the model's tower in `tiles`.
  let tower: Int
  let tiles: TileTokens
}

extension EvaluationRun {
  /// How a run keeps within its limit.
  struct Memory {
    let use: MemoryUse
    fileprivate let loads: [AnswerLoad]
    let answers: [AnswerMemory]
    fileprivate let residentByteCount: Int

    /// For each model that is asked; those with equal towers share what pictures become there.
    func rooms(_ asked: [AskedModel]) -> [AnswerRoom] {
      let tiles = TileTokens(
        towerCount: asked.count, keptByteCount: answers.map(\.keptByteCount).min() ?? 0,
        pinnedByteCount: answers.map(\.pinnedByteCount).min() ?? 0)
      return zip(asked, answers).map { AnswerRoom(memory: $1, tower: $0.tower, tiles: tiles) }
    }

    /// For the original, which is asked again and shares nothing.
    func room(_ original: AskedModel, batchSize: Int) -> AnswerRoom {
      let memory = AnswerMemory(
        original.loaded, loads.first, batchSize: batchSize, limit: use.limit, residentByteCount: residentByteCount)
      return AnswerRoom(
        memory: memory, tower: 0, tiles: TileTokens(towerCount: 1, keptByteCount: memory.keptByteCount))
    }
  }

  /// How this run keeps within its limit. If one is given, all questions are looked at; else the first of each
  /// benchmark stands for them.
  /// - Throws: `MemoryShortage`; what `LoadedModel` throws.
  func memory(_ asked: [AskedModel], _ rows: [AskedRows]) throws -> Memory {
    let isWhole = memoryLimit != nil
    return try memory(asked, loads: asked.map { try load($0, rows, isWhole: isWhole) })
  }

  /// The same of what models are known to answer.
  func memory(_ asked: [AskedModel], loads: [AnswerLoad]) throws(MemoryShortage) -> Memory {
    let limit = MemoryLimit(memoryLimit), resident = AvailableMemory().ownByteCount
    let shares = Set(asked.map(\.tower)).count < asked.count
    let answers = zip(asked, loads).map { model, load in
      AnswerMemory(
        model.loaded, load, batchSize: batchSize, limit: limit, residentByteCount: resident, pins: shares)
    }
    if limit.isGiven {
      for (model, load) in zip(asked, loads) {
        try load.requireRoom(model.loaded, limit, residentByteCount: resident)
      }
    }
    return Memory(
      use: MemoryUse(peak: answers.map(\.peak).max() ?? 0, limit: limit, groupCount: 1), loads: loads, answers: answers,
      residentByteCount: resident)
  }

  /// What a model is to answer.
  /// - Parameters:
  ///   - isWhole: Whether all rows are read; else the first that can be asked of each benchmark.
  ///   - onInput: Called with each row as the model reads it.
  /// - Throws: what `LoadedModel` throws.
  func load(
    _ model: AskedModel, _ rows: [AskedRows], isWhole: Bool, onInput: (ModelInput) -> Void = { _ in }
  ) throws -> AnswerLoad {
    var load = AnswerLoad()
    for rows in rows {
      let pass = try EvaluationPass(model, rows.file, self)
      for number in rows.usableNumbers {
        // What is wrong with a row is told where it is asked.
        guard let input = try? pass.asked(number).input else { continue }
        onInput(input)
        for _ in 0..<samples { load.add(input, answerTokens: mode == .generate ? maxTokens : 0) }
        if !isWhole { break }
      }
    }
    return isWhole ? load : load.scaled(to: samples * rows.reduce(0) { $0 + $1.usableNumbers.count })
  }
}

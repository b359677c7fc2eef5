// What a verification or an evaluation will take, told before it: questions, memory, time.
internal import ModelConfig
internal import ModelFiles
internal import ModelInputs
internal import Storage

/// How much is asked.
public struct QuestionCounts: Sendable, Equatable {
  /// Questions or windows of text, and their tokens, without the answers that models write.
  public private(set) var sampleCount = 0, tokenCount = 0
  /// Pictures, and tiles of all of them.
  public private(set) var pictureCount = 0, tileCount = 0
  private var tiles: Set<SHA256Digest> = []

  init() {}

  /// How many tiles differ: each of these goes through a vision tower.
  public var distinctTileCount: Int { tiles.count }

  /// One more question, of which so many tokens are read.
  mutating func add(_ input: ModelInput, tokens: Int) {
    sampleCount += 1
    tokenCount += tokens
    pictureCount += input.tileCounts.count
    tileCount += input.tileCounts.reduce(0, +)
    tiles.formUnion(input.tileDigests)
  }
}

/// What a job that computes with models and writes none will take.
public struct ComputingPlan: Sendable {
  /// What is asked.
  public let questions: QuestionCounts
  /// Models that are computed with, and vision towers that they have, as far as their configs tell.
  public let modelCount: Int, towerCount: Int
  /// Answers that each model writes, and the most tokens of one.
  public let answerCount: Int, answerTokenCount: Int
  /// How the job keeps within its limit of memory.
  public let memory: MemoryUse
  /// How long the stages take; answers, if each comes to its last token.
  public let stages: RunPlan
  /// What that may be wrong by, as a share of it: other work on a machine, shapes that are not those tried.
  public let uncertainty = 0.25

  /// - Parameters:
  ///   - load: What is answered; nil for nothing.
  ///   - stages: Those beside the vision tower, which comes second.
  /// - Throws: if a weight is missing.
  init(
    _ questions: QuestionCounts, _ models: [LoadedModel], _ memory: MemoryUse, answers load: AnswerLoad?,
    stages: [StageEstimate]
  ) throws {
    self.questions = questions
    modelCount = models.count
    towerCount = Set(models.likelyTowers).count
    (answerCount, answerTokenCount) = (load?.questionCount ?? 0, load?.answerTokens ?? 0)
    self.memory = memory
    var stages = stages
    if questions.distinctTileCount > 0, let model = models.first {
      let seconds = try model.tileSeconds() * Double(questions.distinctTileCount * towerCount)
      stages.insert(StageEstimate(.visionTower, seconds: seconds), at: 1)
    }
    self.stages = RunPlan(stages: stages, layerCount: 0, siteWeights: [:])
  }
}

extension [LoadedModel] {
  /// For each model the number of the first one whose vision tower has the same shape.
  var likelyTowers: [Int] {
    map { model in firstIndex { $0.file.config.multimodal == model.file.config.multimodal } ?? 0 }
  }
}

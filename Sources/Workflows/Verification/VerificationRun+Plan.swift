// What a verification will take, told before it.
internal import ModelConfig
internal import ModelFiles
internal import ModelInputs
internal import ReferenceModel
internal import Verification

extension VerificationRun {
  /// What the run will take. Nothing is written; the models are tried for some seconds.
  /// - Throws: as `run`, for what it would refuse before the work.
  public func plan(_ observe: RunObserver = { _ in }) throws -> ComputingPlan {
    let clock = RunClock()
    let start = try started(observe)
    var questions = QuestionCounts()
    for sample in start.asked { questions.add(sample.input, tokens: sample.input.ids.count) }
    guard questions.tokenCount > 0 else { throw WorkflowError.nothingToCompare(path: samples.name) }
    let answerTokens = try answerLength(start, observe)
    var stages = [StageEstimate(.prompts, seconds: clock.elapsed)]
    let memory = try memory(start, answerTokens: answerTokens, towers: start.models.likelyTowers)
    stages.append(StageEstimate(.layers, seconds: try layerSeconds(start, memory)))
    let load = start.answerLoad(answerTokens: answerTokens)
    if let load {
      let seconds = try zip(start.models, memory.answers).reduce(0) { try $0 + $1.0.answerSeconds(load, $1.1) }
      stages.append(StageEstimate(.answers, seconds: seconds))
    }
    return try ComputingPlan(questions, start.models, memory.use, answers: load, stages: stages)
  }

  /// How long all samples take through the layers of all models, and their logits.
  private func layerSeconds(_ start: Started, _ memory: Memory) throws -> Double {
    let counts = start.asked.map(\.input.ids.count)
    let reading = try start.models.reduce(0) { try $0 + $1.readingSeconds(counts) }
    let clock = RunClock()
    let tried = ModelComparison(
      reference: start.original.model.language, candidates: start.quantized.map(\.model.language)
    ).tryOutLogits()
    let logits = clock.elapsed / Double(tried) * Double(counts.reduce(0, +))
    let weights = start.models.reduce(0) { $0 + $1.file.weightByteCount }
    // Weights that do not stay in memory come from the disk for each group, those of later layers meanwhile.
    let times = weights < AvailableMemory().byteCount ?? 0 ? 1 : memory.use.groupCount
    return max(reading, start.models.reduce(0) { $0 + $1.weightSeconds } * Double(times)) + logits
  }
}

// What an evaluation will take, told before it.
internal import ModelConfig
internal import ModelFiles
internal import ModelInputs
internal import ReferenceModel
internal import Storage

extension EvaluationRun {
  /// What the run will take while no answer is there yet. Nothing is written; all questions are read, and the
  /// models are tried for some seconds.
  /// - Throws: as `run`, for what it would refuse before the work.
  public func plan(_ observe: RunObserver = { _ in }) throws -> ComputingPlan {
    precondition(!models.isEmpty && !benchmarks.isEmpty && samples >= 1, "something to evaluate")
    let clock = RunClock()
    var rows = try askedRows()
    _ = try givenAnswers(&rows)
    let opened = try openedModels(rows, observe)
    let asked = zip(opened, opened.likelyTowers).map { AskedModel(loaded: $0, contentID: "", tower: $1) }
    var questions = QuestionCounts()
    let loads = try asked.enumerated().map { index, model in
      try load(model, rows, isWhole: true) { if index == 0 { questions.add($0, tokens: $0.answerStart) } }
    }
    guard let load = loads.first, load.questionCount > 0 else {
      throw WorkflowError.nothingToAsk(path: benchmarks[0], first: rows[0].faults.first)
    }
    var stages = [StageEstimate(.prompts, seconds: clock.elapsed)]
    let memory = try memory(asked, loads: loads)
    // A .skyq file carries its digest.
    let hashed = opened.filter { $0.file.kind != .skyq }
    let hashing = hashed.reduce(0) { $0 + max($1.weightSeconds, $1.file.hashingSeconds) }
    if !hashed.isEmpty { stages.append(StageEstimate(.hashing, seconds: hashing)) }
    let answers = try zip(opened, zip(loads, memory.answers)).map { try $0.answerSeconds($1.0, $1.1) }
    let again = Double(try otherWays(asked).count) * (answers.first ?? 0)
    stages.append(StageEstimate(.answers, seconds: answers.reduce(again, +)))
    return try ComputingPlan(questions, opened, memory.use, answers: load, stages: stages)
  }
}

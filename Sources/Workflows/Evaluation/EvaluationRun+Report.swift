// From answers to a report.
internal import Benchmarks
internal import Evaluation
internal import Kernels
internal import ModelFiles
internal import ModelInputs

extension EvaluationRun {
  /// Scores all answers.
  /// - Parameters:
  ///   - given: The original's answers from files, one for each benchmark; empty if there are none.
  ///   - answers: By model that was asked, benchmark and row.
  ///   - again: The original's that were computed in other ways, by benchmark and row.
  /// - Throws: `WorkflowError.nothingToAsk` where not one row was answered by all.
  func report(
    _ rows: [AskedRows], _ asked: [AskedModel], _ given: [AnswersFile], _ answers: [[[Int: [GivenAnswer]]]],
    again: [(change: String, answers: [[Int: [GivenAnswer]]])]
  ) throws -> ScoreReport {
    var models = asked.map { EvaluatedModel(name: $0.loaded.file.path, contentID: $0.contentID) }
    if case .answers(let paths) = reference {
      models.insert(EvaluatedModel(name: paths.joined(separator: ", "), contentID: nil), at: 0)
    }
    let calibrated = CalibratedRows(asked.map(\.loaded.file))
    let benchmarks = try rows.indices.map { index in
      let ofBenchmark = answers.map { $0[index] }
      return try scores(
        rows[index], asked[0], calibrated, given.isEmpty ? nil : given[index], ofBenchmark,
        again: again.map { ($0.change, $0.answers[index]) })
    }
    return ScoreReport(settings: settings, models: models, hasOriginal: reference != nil, benchmarks: benchmarks)
  }

  /// All models on one benchmark: the rows that every one has answered.
  private func scores(
    _ rows: AskedRows, _ first: AskedModel, _ calibrated: CalibratedRows, _ given: AnswersFile?,
    _ answers: [[Int: [GivenAnswer]]], again: [(change: String, answers: [Int: [GivenAnswer]])]
  ) throws -> BenchmarkScores {
    let numbers = rows.usableNumbers
    guard let shown = numbers.first else {
      throw WorkflowError.nothingToAsk(path: rows.file.path, first: rows.faults.first)
    }
    let questions = try numbers.map { number in
      (row: try rows.file.source.row(number), picture: rows.file.source.pictureKey(number))
    }
    func bySample(_ answers: [Int: [GivenAnswer]]) -> [[GivenAnswer]] {
      (0..<samples).map { sample in numbers.compactMap { answers[$0]?[sample] } }
    }
    var models = answers.map(bySample)
    var counts = calibrated.counts(numbers, of: rows.file)
    if let given {
      let count = given.count(beside: samples)
      let original = zip(questions, models[0][0]).compactMap { question, candidate in
        given.answers(to: question.row.index, count: count, opensThinking: candidate.answer.opensThinking)
      }
      models.insert((0..<count).map { sample in original.map { $0[sample] } }, at: 0)
      counts.insert(0, at: 0)
    }
    let prompt = try EvaluationPass(first, rows.file, self).asked(shown).input.renderedPrompt
    var benchmark = rows.file.benchmark
    if mode == .choiceLogits { benchmark.claim = .none("the letter that is likeliest without reasoning") }
    return try BenchmarkScores(
      rows.summary(renderedPrompt: prompt, calibrated: counts), benchmark, questions: questions,
      answers: models, hasOriginal: reference != nil, again: again.map { ($0.change, bySample($0.answers)) })
  }

  private var settings: EvaluationSettings {
    EvaluationSettings(
      mode: mode, layout: layout, instruction: instruction, template: prompt.template, system: prompt.system,
      thinks: prompt.thinks, maxTokens: maxTokens, sampling: answerSampling, samples: samples, limit: limit, seed: seed,
      keepsMissingWords: keepsMissingWords, numericMode: numericMode.name)
  }
}

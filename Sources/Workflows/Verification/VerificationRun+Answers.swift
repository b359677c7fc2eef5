// What the models of a verification say: the original once, each candidate once.
internal import ModelFiles
internal import ModelInputs
internal import ReferenceModel
internal import Verification

extension VerificationRun {
  /// Bytes of weights of an original that answers unasked: each token of an answer reads all of them.
  private static let answeringByteCount = 16 << 30

  /// The longest answer to generate.
  func answerLength(_ start: Started, _ observe: RunObserver) throws -> Int {
    if let answerTokens { return answerTokens }
    let isLarge = start.original.file.weightByteCount > Self.answeringByteCount
    guard isLarge, start.asked.contains(where: { !$0.question.isPlainText }) else { return Self.defaultAnswerTokens }
    try observe(
      .warning(
        "no answers are generated, which takes hours with a model of this size; ask for them with --answer-tokens "
          + "\(Self.defaultAnswerTokens)"))
    return 0
  }

  /// Greedy answers of all models to the questions that are not plain text.
  /// - Parameter tiles: What their pictures became, as far as it stayed.
  /// - Returns: One summary for each candidate; nil without questions, or if no answers are wanted.
  func answers(
    _ start: Started, _ memory: Memory, _ tiles: TileTokens, _ observe: RunObserver
  ) throws -> [AnswerSummary]? {
    guard let ofOriginal = memory.answers.first else { return nil }
    let questions = zip(1..., start.asked).filter { !$0.1.question.isPlainText }
    let embedder = InputEmbedder(start.models, towers: memory.towers)
    let total = start.models.count * questions.count
    var done = 0
    func said(_ model: Int, _ answers: AnswerMemory) throws -> [String] {
      var texts = [String](repeating: "", count: questions.count)
      var waiting = questions.makeIterator()
      try AnswerEngine(start.models[model], answers).answer(
        { waiting.next().map { AnswerRequest($0.1.input, maxTokens: memory.answerTokens) } }, embedder.only(model),
        tiles,
        onAnswer: { number, answer in
          texts[number] = answer.text
          done += 1
          try observe(.progress(.answers, done: done, total: total))
        })
      start.models[model].file.releasePages()
      return texts
    }
    let before = try said(0, ofOriginal)
    return try memory.answers.enumerated().dropFirst().map { model, answers in
      let after = try said(model, answers)
      return AnswerSummary(
        questions.enumerated().map { index, item in
          let (number, asked) = item
          return AnswerPair(
            sample: number, question: asked.question.text, kind: asked.question.kind, expected: asked.question.answer,
            reference: before[index], quantized: after[index])
        })
    }
  }
}

// What the models of a verification say: the original once, each candidate once.
internal import ModelFiles
internal import ModelInputs
internal import ReferenceModel
internal import Tensors
internal import Verification

extension VerificationRun {
  /// Bytes of weights of an original that answers unasked: each token of an answer reads all of them.
  private static let answeringByteCount = 16 << 30

  /// The longest answer to generate.
  private func answerLength(
    _ asked: [SampleSource.Sample], _ original: LoadedModel, _ observe: RunObserver
  ) throws -> Int {
    if let answerTokens { return answerTokens }
    let isLarge = original.file.weightByteCount > Self.answeringByteCount
    guard isLarge, asked.contains(where: { !$0.question.isPlainText }) else { return Self.defaultAnswerTokens }
    try observe(
      .warning(
        "no answers are generated, which takes hours with a model of this size; ask for them with --answer-tokens "
          + "\(Self.defaultAnswerTokens)"))
    return 0
  }

  /// Greedy answers of all models to the questions that are not plain text.
  /// - Parameter embedded: What was asked, in front of the first decoder layer.
  /// - Returns: One summary for each candidate; nil without questions, or if no answers are wanted.
  func answers(
    _ asked: [SampleSource.Sample], _ embedded: [VerificationSample], _ original: LoadedModel,
    _ quantized: [LoadedModel], _ observe: RunObserver
  ) throws -> [AnswerSummary]? {
    let maxTokens = try answerLength(asked, original, observe)
    let questions = zip(1..., zip(asked, embedded)).filter { !$0.1.0.question.isPlainText }
    guard maxTokens > 0, !questions.isEmpty else { return nil }
    let total = (1 + quantized.count) * questions.count
    var done = 0
    func said(_ model: LoadedModel, _ embeddings: (VerificationSample) -> Tensor) throws -> [String] {
      let prompts = questions.map { _, item in embeddings(item.1).rows(0..<item.0.input.answerStart) }
      return try answers(to: prompts, of: model, maxTokens: maxTokens) {
        done += 1
        try observe(.progress(.answers, done: done, total: total))
      }
    }
    let before = try said(original) { $0.reference }
    return try quantized.enumerated().map { candidate, model in
      let after = try said(model) { $0.candidates[candidate] }
      return AnswerSummary(
        questions.enumerated().map { index, item in
          let (number, (asked, _)) = item
          return AnswerPair(
            sample: number, question: asked.question.text, kind: asked.question.kind, expected: asked.question.answer,
            reference: before[index], quantized: after[index])
        })
    }
  }

  /// One model's answers to prompts, generated together.
  /// - Parameter onAnswer: Called after each answer.
  private func answers(
    to prompts: [Tensor], of model: LoadedModel, maxTokens: Int, onAnswer: () throws -> Void
  ) throws -> [String] {
    var texts = [String](repeating: "", count: prompts.count)
    var waiting = prompts.makeIterator()
    try AnswerEngine(model).generate {
      waiting.next().map { GenerationRequest(prompt: $0, maxTokens: maxTokens) }
    } onAnswer: { number, answer in
      texts[number] = answer.text
      try onAnswer()
    }
    return texts
  }
}

// The work of `skyquant verify`: prompts, both models side by side, answers, report.
import ModelFiles
import ModelInputs
import ReferenceModel
import Storage
import Tensors
import Verification

struct VerificationJob {
  let quantized: String
  let reference: String
  let questions: String?
  let text: String?
  let window: Int
  let samples: Int?
  let answerTokens: Int
  let prompt: PromptSettings
  let gates: Gates

  /// A model with what it takes to ask it.
  private struct Side {
    let model: VisionLanguageModel
    let builder: InputBuilder

    init(_ path: String, _ settings: PromptSettings) throws {
      let file = try ModelFile.open(path)
      model = try VisionLanguageModel(weights: file.weights, config: file.config)
      builder = try InputBuilder(files: file.files, config: file.config, settings: settings)
    }

    func embed(_ input: ModelInput) throws -> Tensor {
      try model.embed(input, imageContextID: builder.imageContextID)
    }
  }

  func run(_ progress: inout Progress) throws -> VerificationReport {
    let original = try Side(reference, prompt)
    let candidate = try Side(quantized, prompt)
    guard original.model.language.layerCount == candidate.model.language.layerCount else {
      throw UserError(
        description: "\(quantized) and \(reference) have different numbers of layers", category: .malformedInput)
    }
    let asked = try inputs(original.builder)
    var pairs: [VerificationSample] = []
    for (index, item) in asked.enumerated() {
      pairs.append(
        VerificationSample(
          reference: try original.embed(item.input), quantized: try candidate.embed(item.input), ids: item.input.ids,
          classes: item.input.tokenClasses(imageContextID: original.builder.imageContextID)))
      progress.update("pictures and prompts", done: index + 1, total: asked.count)
    }
    let layerCount = original.model.language.layerCount
    let result = try ModelComparison(reference: original.model.language, quantized: candidate.model.language)
      .run(pairs) { progress.update("layers", done: $0, total: layerCount) }
    let answers = try answers(asked, original, candidate, &progress)
    guard
      let report = VerificationReport(
        quantizedName: quantized, referenceName: reference, renderedPrompt: asked.first?.input.renderedPrompt ?? "",
        result: result, answers: answers, gates: gates)
    else { throw UserError(description: "no token to compare", category: .malformedInput) }
    return report
  }

  private typealias Item = (question: Question, input: ModelInput)

  private func inputs(_ builder: InputBuilder) throws -> [Item] {
    if let text { return try windows(of: text, builder) }
    guard let questions else { return [] }
    let file = try QuestionFile(path: questions)
    return try file.questions.prefix(samples ?? .max).map { question in
      (question, try builder.input(for: question, includesAnswer: true, readImage: file.readImage))
    }
  }

  private func windows(of path: String, _ builder: InputBuilder) throws -> [Item] {
    let bytes = try readFile(path, limit: 256 << 20)
    return builder.windows(of: String(decoding: bytes, as: UTF8.self), size: window, limit: samples ?? .max)
      .map { (Question(text: "", isPlainText: true), $0) }
  }

  /// Greedy answers of both models to the questions that are not plain text.
  private func answers(_ asked: [Item], _ original: Side, _ candidate: Side, _ progress: inout Progress) throws
    -> AnswerSummary?
  {
    let questions = asked.filter { !$0.question.isPlainText }
    guard answerTokens > 0, !questions.isEmpty else { return nil }
    var pairs: [AnswerPair] = []
    for (index, item) in questions.enumerated() {
      pairs.append(
        AnswerPair(
          question: item.question.text, kind: item.question.kind, expected: item.question.answer,
          reference: try answer(item.input, original), quantized: try answer(item.input, candidate)))
      progress.update("answers", done: index + 1, total: questions.count)
    }
    return AnswerSummary(pairs)
  }

  private func answer(_ input: ModelInput, _ side: Side) throws -> String {
    try side.model.answer(input, builder: side.builder, sampling: .greedy, maxTokens: answerTokens) { _ in }
  }
}

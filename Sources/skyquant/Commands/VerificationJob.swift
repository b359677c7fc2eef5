// The work of `skyquant verify`: prompts, both models side by side, answers, report.
import Basics
import Companions
import ModelConfig
import ModelFiles
import ModelInputs
import ReferenceModel
import Storage
import Tensors
import Verification

struct VerificationJob {
  let quantized: String
  let reference: String
  let source: SampleSource
  let answerTokens: Int
  let prompt: PromptSettings
  let gates: Gates
  /// Whether gates let files pass that mean something else than the reference's.
  let allowsDifferentFiles: Bool

  /// A model with what it takes to ask it.
  private struct Side {
    let file: ModelFile
    let model: VisionLanguageModel
    let builder: InputBuilder

    init(_ path: String, _ settings: PromptSettings) throws {
      file = try ModelFile.open(path)
      try file.requireWeights()
      model = try VisionLanguageModel(weights: file.weights, config: file.config)
      builder = try file.inputBuilder(settings)
    }

    var companions: ModelCompanions {
      ModelCompanions(files: file.files, config: file.config, tokenizer: builder.tokenizer)
    }
  }

  func run(_ progress: inout Progress) throws -> VerificationReport {
    let original = try Side(reference, prompt)
    let candidate = try Side(quantized, prompt)
    try requireComparable(original.file.config.text, candidate.file.config.text)
    // Both read the original's ids, whatever the candidate's tokenizer calls them.
    let imageContextID = original.builder.imageContextID
    let asked = try source.samples(original.builder) { progress.update("pictures and prompts", done: $0, total: $1) }
    var pairs: [VerificationSample] = []
    for (index, item) in asked.enumerated() {
      pairs.append(
        VerificationSample(
          reference: try original.model.embed(item.input, imageContextID: imageContextID),
          quantized: try candidate.model.embed(item.input, imageContextID: imageContextID), ids: item.input.ids,
          classes: item.input.tokenClasses(imageContextID: imageContextID)))
      progress.update("vision towers", done: index + 1, total: asked.count)
    }
    let layerCount = original.model.language.layerCount
    let result = try ModelComparison(reference: original.model.language, quantized: candidate.model.language)
      .run(pairs) {
        for side in [original, candidate] { side.file.releasePages() }
        progress.update("layers", done: $0, total: layerCount)
      }
    let answers = try answers(asked, original, candidate, &progress)
    guard
      let report = VerificationReport(
        quantizedName: quantized, referenceName: reference, renderedPrompt: asked.first?.input.renderedPrompt ?? "",
        result: result, answers: answers, gates: gates,
        files: try candidate.companions.differences(from: original.companions),
        allowsDifferentFiles: allowsDifferentFiles)
    else { throw UserError(description: "\(source.name.displayed): no token to compare", category: .malformedInput) }
    return report
  }

  /// Checks that hidden states and logits of both models can be compared.
  private func requireComparable(_ original: TextConfig, _ candidate: TextConfig) throws(UserError) {
    let counts = [
      ("layers", original.layerCount, candidate.layerCount),
      ("hidden features", original.hiddenSize, candidate.hiddenSize),
      ("rows of the vocabulary", original.vocabularySize, candidate.vocabularySize),
    ]
    guard let (what, first, second) = counts.first(where: { $0.1 != $0.2 }) else { return }
    throw UserError(
      description: "\(reference.displayed) has \(first) \(what), \(quantized.displayed) has \(second); "
        + "they are not one model",
      category: .malformedInput)
  }

  /// Greedy answers of both models to the questions that are not plain text.
  private func answers(_ asked: [SampleSource.Sample], _ original: Side, _ candidate: Side, _ progress: inout Progress)
    throws
    -> AnswerSummary?
  {
    let questions = asked.filter { !$0.question.isPlainText }
    guard answerTokens > 0, !questions.isEmpty else { return nil }
    func answer(_ input: ModelInput, _ side: Side) throws -> String {
      try side.model.answer(
        input, imageContextID: original.builder.imageContextID, builder: side.builder, sampling: .greedy,
        maxTokens: answerTokens
      ) { _ in }.text
    }
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
}

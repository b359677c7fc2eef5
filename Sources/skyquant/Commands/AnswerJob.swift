// The work of `skyquant run`: one question, one answer, and a trace if asked for.
import JSON
import ModelFiles
import ModelInputs
import ReferenceModel
import Storage
import Tensors

struct AnswerJob {
  let model: String
  let question: Question
  let prompt: PromptSettings
  let sampling: SamplingOptions
  let maxTokens: Int
  let trace: TraceFile?

  struct Answer {
    let prompt: String
    let text: String

    var json: JSONValue {
      ["schema": "skyquant.run/1", "rendered_prompt": .string(prompt), "answer": .string(text)]
    }
  }

  func run(onPiece: (String) throws -> Void) throws -> Answer {
    try trace?.requireName(keeping: [model] + question.images)
    let file = try ModelFile.open(model)
    try file.requireWeights()
    let model = try VisionLanguageModel(weights: file.weights, config: file.config)
    let builder = try file.inputBuilder(prompt)
    let input = try builder.input(for: question, includesAnswer: false) { path in
      try readFile(path, limit: 256 << 20)
    }
    let answer = try model.answer(
      input, imageContextID: builder.imageContextID, builder: builder, sampling: sampling, maxTokens: maxTokens,
      onPiece: onPiece)
    try trace?.write(
      input, generated: answer.ids, model, builder,
      permissions: file.permissions.intersection(OutputPermissions(from: question.images)))
    return Answer(prompt: input.renderedPrompt, text: answer.text)
  }
}

// Many answers of one model: the one place that knows how many are computed together.
internal import ModelInputs
internal import ReferenceModel

/// What a model said.
struct SaidText {
  /// Its words, special tokens left out.
  let text: String
  let tokenCount: Int
  /// Whether the limit of tokens ended it.
  let isTruncated: Bool
}

extension LoadedModel {
  /// Answers all inputs that `next` gives, which are numbered from 0; nil ends them. Each answer is what it would be alone,
  /// the likeliest token at every step.
  /// - Parameter onAnswer: Called with an input's number and what was said, in the order in which answers end.
  /// - Throws: `ReferenceModelError`; what reading weights throws; what the closures throw.
  func answer(
    _ next: () throws -> ModelInput?, maxTokens: Int, onAnswer: (Int, SaidText) throws -> Void
  ) throws {
    var number = 0
    while let input = try next() {
      let (text, ids) = try answer(input, maxTokens: maxTokens)
      try onAnswer(number, SaidText(text: text, tokenCount: ids.count, isTruncated: ids.count >= maxTokens))
      number += 1
    }
  }
}

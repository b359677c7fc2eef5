// Where model inputs meet the forward pass: the two modules do not know each other.
import ModelInputs
import ReferenceModel
import Tensors
import Tokenization
import Verification

extension VisionLanguageModel {
  /// The input in front of the first decoder layer, `[tokens, hidden]`.
  func embed(_ input: ModelInput, imageContextID: Int?) throws -> Tensor {
    try embed(
      ids: input.ids, imageContextToken: imageContextID,
      imageTokens: try input.pixelValues.map { try projectTiles($0) })
  }

  /// The model's answer to a prompt: its text, special tokens left out, and its ids, without the stop token.
  /// - Parameters:
  ///   - imageContextID: What stands for pieces of a picture in `input`.
  ///   - builder: Of this model, for its stop tokens and its words.
  ///   - onPiece: Called with each piece of text as soon as its characters are complete.
  func answer(
    _ input: ModelInput, imageContextID: Int?, builder: InputBuilder, sampling: SamplingOptions, maxTokens: Int,
    onPiece: (String) throws -> Void
  ) throws -> (text: String, ids: [Int]) {
    let prompt = try embed(input.promptOnly, imageContextID: imageContextID)
    let generator = TextGenerator(
      model: language, sampling: sampling, stopTokens: builder.stopIDs, maxTokens: maxTokens)
    var decoder = builder.tokenizer.streamingDecoder()
    let ids = try generator.generate(from: prompt) { id in try onPiece(decoder.append(id)) }
    try onPiece(decoder.finish())
    return (builder.tokenizer.decode(ids), ids)
  }
}

extension ModelInput {
  /// The input without the answer.
  var promptOnly: ModelInput {
    var input = self
    input.ids = Array(ids[..<answerStart])
    return input
  }

  /// The part of the prompt each position belongs to. A position belongs to the answer if its next token does; in plain
  /// text every position does.
  func tokenClasses(imageContextID: Int?) -> [TokenClass] {
    let answer = isPlainText ? 0..<ids.count : max(0, answerStart - 1)..<ids.count
    return ids.enumerated().map { index, id in
      if answer.contains(index), answerStart < ids.count || isPlainText { return .answer }
      return id == imageContextID ? .image : .prompt
    }
  }
}

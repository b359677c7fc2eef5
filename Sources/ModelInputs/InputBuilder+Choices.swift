// A question that is answered by a letter without a word of reasoning: the prompt up to where the letter would stand.
internal import Tokenization

extension InputBuilder {
  /// What stands between a prompt and the letter; thinking that the prompt has opened ends at once.
  private static let answering = "Answer:", closing = "\n</think>\n\n"

  /// Builds the input of a question up to where the token stands that tells the letters of an answer apart.
  ///
  /// The prompt goes on with `Answer:`, in front of which thinking that it opens is closed; a blank and a letter would
  /// follow. What all letters begin with, such as a blank that is a token of its own, belongs to the input.
  /// - Returns: The input, and for each letter the token that comes next where it is the answer.
  /// - Throws: As `input`; `ModelInputError.letters` if the tokenizer does not tell the letters apart by one token.
  public func input(
    for question: Question, choosing letters: [String], readImage: (String) throws -> [UInt8]
  ) throws -> (input: ModelInput, tokens: [Int]) {
    var input = try input(for: question, includesAnswer: false, readImage: readImage)
    let template = try template
    let isOpen = input.renderedPrompt.hasSuffix("<think>\n")
    input.renderedPrompt += (isOpen ? Self.closing : "") + Self.answering
    let continued = letters.map { letter in
      tokenizer.encode(
        input.renderedPrompt + " " + letter,
        addsBeginToken: template.allowsBeginToken && tokenizer.addsBeginTokenByDefault)
    }
    let shortest = continued.map(\.count).min() ?? 0
    let shared = (0..<shortest).prefix { place in continued.allSatisfy { $0[place] == continued[0][place] } }.count
    let tokens = continued.compactMap { $0.count == shared + 1 ? $0[shared] : nil }
    guard shared > 0, tokens.count == letters.count, Set(tokens).count == letters.count else {
      throw ModelInputError.letters(letters)
    }
    input.ids = Array(continued[0].prefix(shared))
    input.answerStart = shared
    return (input, tokens)
  }
}

// What the parts of an input are.
internal import ModelInputs
internal import Verification

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

extension TokenClass {
  /// Its place among the shares of `TokenWeighting`.
  var shareIndex: Int {
    switch self {
    case .image: 0
    case .prompt: 1
    case .answer: 2
    }
  }
}

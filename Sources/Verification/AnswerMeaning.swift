// Whether an answer means what is right, however it is worded: rule v1 of Formats/evaluation.md.
internal import Benchmarks

/// Tells right answers by their meaning. What is right decides by its looks how answers are read: a capital letter as the
/// letter of an option, yes or no, a number, else a text.
struct AnswerMeaning {
  private let right: String
  private let key: AnswerKey?

  /// What `expected` means, thoughts in front of it left out.
  init(_ expected: String) {
    right = expected
    let answer = ModelAnswer(expected).finalText ?? expected
    let isLetter = answer.utf8.count == 1 && answer.utf8.allSatisfy { (0x41...0x5A).contains($0) }
    let rule: AnswerRule = isLetter ? .options(inPicture: "A"..."Z") : .byLooks
    let place = BenchmarkError.Place(file: "", row: 1, offset: 0)
    let scoring = try? rule.scoring(of: BenchmarkRow(place: place, index: "1", cells: ["answer": answer]))
    if case .rule(let key)? = scoring { self.key = key } else { key = nil }
  }

  /// Whether `said` means it, or is the same to the letter.
  /// - Parameter opensThinking: Whether the prompt ends inside reasoning.
  func isMeant(by said: String, opensThinking: Bool) -> Bool {
    if said == right { return true }
    guard let key else { return false }
    return key.score(key.extraction(from: ModelAnswer(said, opensThinking: opensThinking))) == 1
  }
}

// What the right answer of a row is, and how one is compared with it.

/// The right answer of a row in the form that a rule compares with.
public enum AnswerKey: Sendable, Equatable {
  /// One letter of these options.
  case letter(Character, of: [AnswerOption])
  /// Exactly these letters of these options.
  case letters(Set<Character>, of: [AnswerOption])
  /// Yes or no.
  case yesNo(Bool)
  /// A number: a whole one must be equal, another one within 1e-6.
  case number(String)
  /// A formula or word: equal as text, or equal in value within 1e-6.
  case value(String)
  /// Numbers or words in order.
  case list([String])
  /// One of these texts.
  case text([String])
  /// One of these texts occurs in the answer, wherever.
  case contained([String], ignoringBlanks: Bool)
  /// One of these texts, or a number within 5 % of one.
  case relaxed([String])

  /// The right answer for people.
  public var text: String {
    switch self {
    case .letter(let letter, _): String(letter)
    case .letters(let letters, _): letters.sorted().map { String($0) }.joined(separator: ", ")
    case .yesNo(let isYes): isYes ? "Yes" : "No"
    case .number(let text), .value(let text): text
    case .list(let elements): elements.joined(separator: ", ")
    case .text(let texts), .contained(let texts, _), .relaxed(let texts): texts.joined(separator: " or ")
    }
  }

  /// What rule v1 reads out of an answer to this row.
  public func extraction(from answer: ModelAnswer) -> Extraction {
    guard let text = answer.finalText else { return Extraction(.unfinished, isTruncated: answer.isTruncated) }
    guard !text.isEmpty else { return Extraction(.empty, isTruncated: answer.isTruncated) }
    guard let reading = read(text) else { return Extraction(.none, isTruncated: answer.isTruncated) }
    return Extraction(reading, isTruncated: answer.isTruncated)
  }

  /// The score of what was read: 1 or 0; 0 if nothing was.
  public func score(_ extraction: Extraction) -> Double {
    guard let answer = extraction.answer, let source = extraction.source else { return 0 }
    return isRight(answer, source) ? 1 : 0
  }

  /// For numbers the score when the answer is rounded to the decimals of the right one; nil for other keys
  /// and where the right one is not a plain decimal.
  public func roundedScore(_ extraction: Extraction) -> Double? {
    guard case .number(let right) = self, let expected = MathValue(right), expected.decimals != nil else { return nil }
    guard let source = extraction.source, let value = NumberReading.value(of: source) else { return 0 }
    return value.roundsTo(expected) ?? false ? 1 : 0
  }

  private func read(_ text: String) -> Reading? {
    switch self {
    case .letter(_, let options): LetterReading(options: options, allowsSeveral: false).read(text)
    case .letters(_, let options): LetterReading(options: options, allowsSeveral: true).read(text)
    case .yesNo: YesNoReading.read(text)
    case .number: NumberReading.read(text)
    case .value, .text, .relaxed: TextReading.read(text)
    case .list: ListReading.read(text)
    case .contained: Reading(answer: text.folded, step: .content, source: text)
    }
  }

  private func isRight(_ answer: String, _ source: String) -> Bool {
    switch self {
    case .letter(let right, _): return answer == String(right)
    case .letters: return answer == text
    case .yesNo: return answer == text
    case .number(let right): return NumberReading.isEqual(source, right)
    case .value(let right):
      if TextReading.normalized(right) == answer { return true }
      guard let value = MathValue(source), let expected = MathValue(right) else { return false }
      return value.isClose(to: expected)
    case .list(let right): return ListReading.isEqual(source, right)
    case .text(let right): return right.contains { TextReading.normalized($0) == answer }
    case .contained(let right, let ignoringBlanks):
      return right.contains { text in
        ignoringBlanks
          ? source.withoutBlanks.contains(exactly: text.withoutBlanks)
          : source.foldedLines.contains(exactly: text.foldedLines)
      }
    case .relaxed(let right):
      return right.contains {
        TextReading.normalized($0) == answer || NumberReading.isWithinFivePercent(source, of: $0)
      }
    }
  }
}

extension String {
  /// Trimmed, line ends as blanks, no blanks.
  fileprivate var withoutBlanks: String {
    trimmed.replacing(exactly: "\n", with: " ").replacing(exactly: " ", with: "")
  }
  /// Lower case, trimmed, line ends as blanks.
  fileprivate var foldedLines: String { lowercased().trimmed.replacing(exactly: "\n", with: " ") }
}

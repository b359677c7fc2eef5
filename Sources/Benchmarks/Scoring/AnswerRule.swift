// How a benchmark's columns say what the right answer of a row is.

/// How the answer of a row is found and compared. Differences between benchmarks are values of this.
public indirect enum AnswerRule: Sendable {
  /// `answer` is the letter of an option from the columns A…Z; of `inPicture` where the row has none.
  case options(inPicture: ClosedRange<Character>? = nil)
  /// `right` is a letter, or an option's text, of the list that the column `choices` spells out.
  case choices(right: String)
  /// `answer` is one or several letters of options from the columns, of `inPicture` where the row has none.
  case severalLetters(inPicture: ClosedRange<Character>)
  /// `answer` is yes or no.
  case yesNo
  /// `answer` is a number.
  case number
  /// `answer` is a formula, a number or a word.
  case value
  /// `answer` is a list of numbers or words.
  case list
  /// `answer` is a text, or a list of texts any of which is right.
  case text
  /// Any of the answers occurs in the text; blanks do not count if `column` has the text `value`.
  case contained(ignoringBlanksIf: String, is: String)
  /// `answer` is a number or text, or a list of those: numbers within 5 %.
  case relaxed
  /// What `answer` looks like decides: options, yes or no, a number, a list or a text.
  case byLooks
  /// The first for rows that have options in the columns A…Z.
  case ifOptions(AnswerRule, else: AnswerRule)
  /// The first for rows where the list in `choices` has elements.
  case ifChoices(AnswerRule, else: AnswerRule)
  /// The rule for a column's text, compared without regard to case.
  case cases(String, [String: AnswerRule], else: AnswerRule)
  /// Only a judge could tell.
  case judged
}

/// Whether and how a row can be scored.
public enum RowScoring: Sendable, Equatable {
  /// By rule, with this key.
  case rule(AnswerKey)
  /// The file does not give the answer.
  case noAnswer
  /// Only by a judge.
  case judged
}

extension AnswerRule {
  /// How `row` is scored.
  /// - Throws: `BenchmarkError.row` if a cell is not what the rule needs, such as an answer that is no
  ///   option.
  public func scoring(of row: BenchmarkRow) throws(BenchmarkError) -> RowScoring {
    switch self {
    case .ifOptions(let rule, let otherwise): return try (row.options.isEmpty ? otherwise : rule).scoring(of: row)
    case .ifChoices(let rule, let otherwise):
      return try (row.choices().isEmpty ? otherwise : rule).scoring(of: row)
    case .cases(let column, let rules, let otherwise):
      return try (rules[(row[column] ?? "").lowercased()] ?? otherwise).scoring(of: row)
    case .choices(let column):
      guard let right = row[column] else { return .noAnswer }
      let options = AnswerOption.lettered(try row.choices())
      return .rule(.letter(try row.letter(right, of: options, column: column), of: options))
    case .judged: return .judged
    default:
      guard let answer = row["answer"] else { return .noAnswer }
      return .rule(try key(answer, row))
    }
  }

  /// The key of rules that depend on `answer` alone.
  private func key(_ answer: String, _ row: BenchmarkRow) throws(BenchmarkError) -> AnswerKey {
    switch self {
    case .severalLetters(let letters):
      let options = row.options.isEmpty ? letters.letters.map { AnswerOption(letter: $0, text: "") } : row.options
      return .letters(try row.letters(answer, of: options), of: options)
    case .yesNo:
      switch answer.folded {
      case "yes": return .yesNo(true)
      case "no": return .yesNo(false)
      default: throw row.fault(.unusable(expected: "Yes or No", found: answer), column: "answer")
      }
    case .number:
      guard MathValue(answer) != nil else {
        throw row.fault(.unusable(expected: "a number", found: answer), column: "answer")
      }
      return .number(answer)
    case .value: return .value(answer)
    case .list:
      guard let elements = answer.listed else {
        throw row.fault(.unusable(expected: "a list", found: answer), column: "answer")
      }
      return .list(elements)
    case .text: return .text(answer.listed ?? [answer])
    case .contained(let column, let value):
      return .contained(answer.listed ?? [answer], ignoringBlanks: row[column] == value)
    case .relaxed: return .relaxed(answer.listed ?? [answer])
    case .byLooks: return try keyByLooks(answer, row)
    case .options(let letters):
      let inPicture = letters?.letters.map { AnswerOption(letter: $0, text: "") } ?? []
      let options = row.options.isEmpty ? inPicture : row.options
      return .letter(try row.letter(answer, of: options, column: "answer"), of: options)
    case .choices, .ifOptions, .ifChoices, .cases, .judged: preconditionFailure("decided by `scoring`")
    }
  }

  /// The generic rules for benchmarks that nobody told us about.
  private func keyByLooks(_ answer: String, _ row: BenchmarkRow) throws(BenchmarkError) -> AnswerKey {
    if !row.options.isEmpty {
      return .letter(try row.letter(answer, of: row.options, column: "answer"), of: row.options)
    }
    if ["yes", "no"].contains(answer.folded) { return .yesNo(answer.folded == "yes") }
    if MathValue(answer) != nil { return .number(answer) }
    return .text(answer.listed ?? [answer])
  }
}

extension BenchmarkRow {
  /// Elements of the list in the column `choices`; none if the cell is missing.
  fileprivate func choices() throws(BenchmarkError) -> [String] {
    guard let cell = self["choices"] else { return [] }
    do {
      if let texts = try PythonLiteral(parsing: cell).texts { return texts }
    } catch {
      throw fault(.notALiteral(error.description), column: "choices")
    }
    throw fault(.notALiteral("expected a list of texts"), column: "choices")
  }

  /// The letter of the right option, given as its letter or as its text.
  fileprivate func letter(
    _ answer: String, of options: [AnswerOption], column: String
  ) throws(BenchmarkError) -> Character {
    let answer = answer.trimmed
    if let option = options.first(where: { String($0.letter) == answer }) { return option.letter }
    let byText = options.filter { !$0.text.isEmpty && $0.text.folded == answer.folded }
    guard byText.count == 1 else { throw noOption(answer, options, column) }
    return byText[0].letter
  }

  /// The letters of a cell such as `A, C`.
  fileprivate func letters(_ answer: String, of options: [AnswerOption]) throws(BenchmarkError) -> Set<Character> {
    let letters = answer.components(separatedBy: ",").map(\.trimmed)
    guard letters.allSatisfy({ letter in options.contains { String($0.letter) == letter } }) else {
      throw noOption(answer, options, "answer")
    }
    return Set(letters.map { Character($0) })
  }

  private func noOption(_ answer: String, _ options: [AnswerOption], _ column: String) -> BenchmarkError {
    let letters = options.map { String($0.letter) }.joined(separator: ", ")
    return fault(.answerIsNoOption(answer: answer, options: letters), column: column)
  }
}

extension String {
  /// The elements if the text spells out a list; else nil.
  fileprivate var listed: [String]? {
    guard utf8.first == UInt8(ascii: "[") else { return nil }
    return try? PythonLiteral(parsing: self).texts
  }
}

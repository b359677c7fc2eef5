// Letters of options out of a text: rule v1, step by step. What no step reads stays unread; nothing is
// guessed.

/// Reads option letters.
struct LetterReading {
  let options: [AnswerOption]
  /// Whether an answer may be several letters.
  let allowsSeveral: Bool

  func read(_ text: String) -> Reading? {
    marked(MarkedAnswer.boxed(in: text), .boxed) ?? marked(MarkedAnswer.tagged(in: text), .tag) ?? phrase(text)
      ?? line(text) ?? content(text)
  }

  // MARK: Steps

  /// (a) and (b): a letter, a letter with text, an option's text, or letters.
  private func marked(_ content: String?, _ step: ExtractionStep) -> Reading? {
    guard let content else { return nil }
    let text = MarkedAnswer.unwrapped(content)
    let folded = text.folded
    let matches = options.filter { !$0.text.isEmpty && MarkedAnswer.unwrapped($0.text).folded == folded }
    guard let letters = letters(text) ?? lettered(text) ?? (matches.count == 1 ? [matches[0].letter] : nil)
    else { return nil }
    return reading(letters, step, content)
  }

  /// (c): the last keyword with a present letter behind it that no letter follows.
  private func phrase(_ text: String) -> Reading? {
    for phrase in AnswerPhrase.all(in: text, keywords: ["answer", "option", "choice"]).reversed() {
      let rest = String(String.UnicodeScalarView(phrase.rest.prefix(200).prefix { $0 != "\n" && $0 != "\r" }))
      if allowsSeveral, let letters = letters(MarkedAnswer.unwrapped(rest)), letters.count > 1 {
        return reading(letters, .phrase, rest)
      }
      if let letter = leading(rest) { return reading([letter], .phrase, rest) }
    }
    return nil
  }

  /// (d): the whole text, else the last line, else the first, is `B`, `B.`, `(B)`, `B: text`, or the letter
  /// with the text of its option.
  private func line(_ text: String) -> Reading? {
    let lines = text.filledLines
    for line in [text] + [lines.last, lines.first].compactMap({ $0 }) {
      let bare = MarkedAnswer.unwrapped(line)
      if let letters = letters(bare) { return reading(letters, .line, line) }
      guard let letter = lettered(bare)?.first, let option = options.first(where: { $0.letter == letter }) else {
        continue
      }
      let rest = bare.dropFirst(2)
      let isColon = bare.dropFirst().first == ":" && !line.contains("\n")
      let isOption = !option.text.isEmpty && String(rest).folded.hasPrefix(option.text.folded)
      if isColon || isOption { return reading([letter], .line, line) }
    }
    return nil
  }

  /// (e): the text of exactly one option, as whole words, if the text is at most twice as long as all options
  /// together.
  private func content(_ text: String) -> Reading? {
    let folded = text.folded
    let lengths = options.reduce(0) { $0 + $1.text.unicodeScalars.count }
    guard text.unicodeScalars.count <= 2 * lengths else { return nil }
    let found = options.filter { !$0.text.isEmpty && folded.containsWords($0.text.folded) }
    return found.count == 1 ? reading([found[0].letter], .content, text) : nil
  }

  // MARK: Letters

  private func isPresent(_ letter: Character) -> Bool { options.contains { $0.letter == letter } }

  /// The letters that a text consists of: one, or several between commas, semicolons, "and" or blanks.
  private func letters(_ text: String) -> [Character]? {
    let words = text.components(separatedBy: ",").flatMap { $0.components(separatedBy: ";") }
      .flatMap { $0.split(whereSeparator: \.isWhitespace) }.filter { $0 != "and" }
    let letters = words.map { MarkedAnswer.unwrapped(String($0)) }
    guard !letters.isEmpty, letters.allSatisfy({ $0.count == 1 && isPresent(Character($0)) }) else { return nil }
    let distinct = Set(letters.map { Character($0) }).sorted()
    return distinct.count == 1 || allowsSeveral ? distinct : nil
  }

  /// The letter of a text such as `B. a triangle`, `B: …` or `B) …`.
  private func lettered(_ text: String) -> [Character]? {
    guard let first = text.first, isPresent(first), let mark = text.dropFirst().first, ".:)：".contains(mark) else {
      return nil
    }
    return [first]
  }

  /// The present letter that a text begins with, unless a letter follows it. `I` in front of a word is the
  /// word "I".
  private func leading(_ text: String) -> Character? {
    guard let first = text.unicodeScalars.first, isPresent(Character(first)),
      text.unicodeScalars.dropFirst().first.map({ !$0.properties.isAlphabetic }) ?? true,
      first != "I" || text.unicodeScalars.dropFirst().prefix(2).last.map({ !$0.properties.isAlphabetic }) ?? true
    else { return nil }
    return Character(first)
  }

  private func reading(_ letters: [Character], _ step: ExtractionStep, _ source: String) -> Reading {
    Reading(answer: letters.map { String($0) }.joined(separator: ", "), step: step, source: source)
  }
}

extension String {
  /// Whether `words` occurs with no letter or digit directly in front of it or behind it.
  func containsWords(_ words: String) -> Bool {
    let pieces = components(separatedBy: words)
    return zip(pieces, pieces.dropFirst()).contains { before, after in
      !(before.unicodeScalars.last?.isAlphanumeric ?? false) && !(after.unicodeScalars.first?.isAlphanumeric ?? false)
    }
  }
}

// Yes, no, and short texts out of an answer.

/// Reads yes or no.
enum YesNoReading {
  static func read(_ text: String) -> Reading? {
    for (content, step) in [
      (MarkedAnswer.boxed(in: text), ExtractionStep.boxed), (MarkedAnswer.tagged(in: text), .tag),
    ] {
      if let content, let word = word(in: content) { return Reading(answer: word, step: step, source: content) }
    }
    return word(in: text).map { Reading(answer: $0, step: .content, source: text) }
  }

  /// The only one of the two words that occurs, else the text's first word if it is one of them.
  private static func word(in text: String) -> String? {
    let words = text.lowercased().unicodeScalars.split { !$0.properties.isAlphabetic }.map { String($0) }
    switch (words.contains("yes"), words.contains("no")) {
    case (true, false): return "Yes"
    case (false, true): return "No"
    case (true, true): return words.first == "yes" ? "Yes" : words.first == "no" ? "No" : nil
    case (false, false): return nil
    }
  }
}

/// Reads a short text: a word, a phrase, a formula.
enum TextReading {
  static func read(_ text: String) -> Reading? {
    for candidate in candidates(in: text) {
      let answer = normalized(candidate.content)
      if !answer.isEmpty { return Reading(answer: answer, step: candidate.step, source: candidate.content) }
    }
    return nil
  }

  /// Where a text's answer may stand, best first: \boxed{}, <answer>, behind "answer is", the last line.
  static func candidates(in text: String) -> [(content: String, step: ExtractionStep)] {
    let places: [(String?, ExtractionStep)] = [
      (MarkedAnswer.boxed(in: text), .boxed), (MarkedAnswer.tagged(in: text), .tag),
      (MarkedAnswer.stated(in: text), .phrase), (text.filledLines.last, .line),
    ]
    return places.compactMap { content, step in content.map { ($0, step) } }
  }

  /// The form in which texts are compared: folded, looks taken off, no punctuation at the end.
  static func normalized(_ text: String) -> String {
    var folded = MarkedAnswer.unwrapped(text).folded
    while let last = folded.last, ".,;:!?".contains(last) { folded.removeLast() }
    return folded.trimmed
  }
}

// VLMEvalKit's `can_infer`: which option a text means, if that is plain.

struct OptionInference {
  private let options: [AnswerOption]
  private let version: VLMEvalKitVersion

  init(_ options: [AnswerOption], _ version: VLMEvalKitVersion) {
    self.options = options
    self.version = version
  }

  /// The letter, `Z` for a refusal, or nil.
  func infer(_ answer: String) -> String? { letter(answer) ?? optionText(answer) }

  /// By letters that stand alone as words.
  private func letter(_ answer: String) -> String? {
    if answer.contains(exactly: "Failed to obtain answer via API") { return nil }
    if Self.refusals.contains(where: answer.contains(exactly:)) { return "Z" }
    let spaced = answer.unicodeScalars.map { Self.marks.contains($0) ? " " : $0 }
    let words = String(String.UnicodeScalarView(spaced)).pythonWords
    let named = options.filter { option in words.contains { $0.isExactly(option.letter) } }
    if named.count == 1, let first = words.firstIndex(where: { $0.isExactly(named[0].letter) }) {
      if version == .may2025 || first > words.count - 5 { return String(named[0].letter) }
    } else if named.isEmpty, words.contains(where: { $0.isExactly("Z") }) {
      return "Z"
    }
    return version == .may2025 ? nil : statedLetter(answer)
  }

  /// By the text of exactly one option inside the answer.
  private func optionText(_ answer: String) -> String? {
    let lengths = options.reduce(0) { $0 + $1.text.unicodeScalars.count }
    if version == .august2026, answer.lowercased().unicodeScalars.count > 2 * lengths { return nil }
    let lower = answer.lowercased()
    let found = options.filter { lower.contains(exactly: $0.text.lowercased()) }
    return found.count == 1 ? String(found[0].letter) : nil
  }

  /// The letter A to D of the first "answer is B" or "answer is **B**", in any case, even if a letter follows
  /// it.
  private func statedLetter(_ answer: String) -> String? {
    let scalars = Array(answer.unicodeScalars)
    for start in scalars.indices {
      var rest = scalars[start...]
      guard rest.take("answer"), rest.takeSpaces(), rest.take("is"), rest.takeSpaces() else { continue }
      rest = rest.drop { $0 == "*" }
      guard let letter = rest.first, ("a"..."d").contains(letter.lowered) else { continue }
      let upper = Character(letter.properties.uppercaseMapping)
      return options.contains { $0.letter == upper } ? String(upper) : nil
    }
    return nil
  }

  private static let marks = Set(".()[],:;!*#{}".unicodeScalars)
  private static let refusals = [
    "Sorry, I can't help with images of people yet.", "I can't process this file.",
    "I'm sorry, but without the image provided", "Cannot determine the answer",
  ]
}

/// The part of an answer to MMMU-Pro that its step-by-step prompt asks for.
enum AnswerLine {
  /// A single capital letter of the answer line, or what follows "Answer:" in it; the whole text if there is
  /// no such line.
  static func content(of response: String, _ version: VLMEvalKitVersion) -> String {
    let lines = response.pythonStripped.components(separatedBy: "\n").map(\.pythonStripped)
    let marked = lines.filter { $0.utf8.starts(with: "Answer:".utf8) }
    guard let line = version == .may2025 ? (marked.count == 1 ? marked[0] : nil) : marked.last else { return response }
    let tail = String(line.unicodeScalars.dropFirst(7))
    // The older version also counts the capital A of "Answer".
    let counted = version == .may2025 ? line : tail
    let letters = Set(counted.unicodeScalars.filter { ("A"..."Z").contains($0) })
    return letters.count == 1 ? letters.map { String($0) }.joined() : tail
  }
}

/// PhyX's letters.
enum PhyXLetter {
  static func isRight(_ prediction: String, _ answer: String) -> Bool {
    let text = prediction.pythonStripped
    let isMarked =
      text.contains(exactly: answer + ":") || text.contains(exactly: answer + "**")
      || text.contains(exactly: "**" + answer)
    let extracted = behindKeyword(text) ?? lastBeforeColon(text)
    return extracted.map { $0 == answer.pythonStripped.uppercased() } ?? false || isMarked
  }

  /// The first A to D behind the first of the words, wherever.
  private static func behindKeyword(_ text: String) -> String? {
    let scalars = Array(text.unicodeScalars)
    let keywords = ["correct", "answer", "option", "Answer", "Option", "Correct"].map { Array($0.unicodeScalars) }
    for start in scalars.indices where start == 0 || !scalars[start - 1].isPythonWord {
      guard let keyword = keywords.first(where: { scalars[start...].starts(with: $0) }) else { continue }
      let rest = scalars[(start + keyword.count)...]
      if let next = rest.first, next.isPythonWord { continue }
      return rest.first { ("A"..."D").contains($0) }.map { String($0) }
    }
    return nil
  }

  private static func lastBeforeColon(_ text: String) -> String? {
    let scalars = Array(text.unicodeScalars)
    let last = scalars.indices.dropLast().last { ("A"..."D").contains(scalars[$0]) && scalars[$0 + 1] == ":" }
    return last.map { String(scalars[$0]) }
  }
}

extension ArraySlice<Unicode.Scalar> {
  /// Passes over a lower-case ASCII word in any case.
  fileprivate mutating func take(_ word: String) -> Bool {
    let pattern = Array(word.unicodeScalars)
    guard count >= pattern.count, zip(self, pattern).allSatisfy({ $0.lowered == $1 }) else { return false }
    removeFirst(pattern.count)
    return true
  }

  /// Passes over white space; false if there is none.
  fileprivate mutating func takeSpaces() -> Bool {
    guard let scalar = first, scalar.isPythonSpace else { return false }
    self = drop(while: \.isPythonSpace)
    return true
  }
}

extension Unicode.Scalar {
  /// The lower-case letter of an ASCII one; itself otherwise.
  fileprivate var lowered: Unicode.Scalar {
    ("A"..."Z").contains(self) ? Unicode.Scalar(UInt8(value) + 32) : self
  }
}

extension String {
  fileprivate func isExactly(_ letter: Character) -> Bool { utf8.elementsEqual(String(letter).utf8) }
}

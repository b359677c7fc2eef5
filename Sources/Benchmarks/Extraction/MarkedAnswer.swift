// Places where a text says that an answer stands: \boxed{}, <answer>, "the answer is".

enum MarkedAnswer {
  /// The content of the last `\boxed{}` whose braces are balanced; `\{` and `\}` do not count.
  static func boxed(in text: String) -> String? {
    let bytes = Array(text.utf8), opening = Array("\\boxed".utf8)
    var open: [(content: Int, isBoxed: Bool)] = []
    var last: Range<Int>?
    var position = 0
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\\") where !bytes[position...].starts(with: opening): position += 1
      case UInt8(ascii: "{"): open.append((position + 1, bytes[..<position].suffix(opening.count) == opening[...]))
      case UInt8(ascii: "}"):
        if let group = open.popLast(), group.isBoxed, group.content > last?.lowerBound ?? -1 {
          last = group.content..<position
        }
      default: break
      }
      position += 1
    }
    return last.map { String(decoding: bytes[$0], as: UTF8.self) }
  }

  /// The content of the last `<answer>…</answer>`, or of the last `<answer>` up to the end.
  static func tagged(in text: String) -> String? {
    guard let rest = text.behindLast("<answer>") else { return nil }
    return rest.components(separatedBy: "</answer>")[0]
  }

  /// What follows the last "answer" with "is" or a colon behind it, up to the end of its line.
  static func stated(in text: String) -> String? {
    let phrases = AnswerPhrase.all(in: text, keywords: ["answer"]).filter(\.hasLink)
    guard let last = phrases.last else { return nil }
    let line = String(String.UnicodeScalarView(last.rest)).split(whereSeparator: \.isNewline).first.map { String($0) }
    return line.flatMap { $0.trimmed.isEmpty ? nil : $0.trimmed }
  }

  /// `text` without what is only there for looks, at both ends: white space, `$`, `**`, `\( \)`, a pair of
  /// parentheses or braces around it all, LaTeX's text and font commands, a final full stop. A text too long
  /// for an answer stays.
  static func unwrapped(_ text: String) -> String {
    guard text.utf8.count <= 4096 else { return text.trimmed }
    var scalars = Array(text.unicodeScalars)[...]
    while let inner = unwrappedOnce(scalars) { scalars = inner }
    return String(String.UnicodeScalarView(scalars))
  }

  private static let commands = ["\\text", "\\textbf", "\\mathrm", "\\mathbf", "\\boldsymbol", "\\rm", "\\bf"]
    .map { Array($0.unicodeScalars) }
  private static let pairs: [(opening: [Unicode.Scalar], closing: [Unicode.Scalar])] =
    [("**", "**"), ("$", "$"), ("\\(", "\\)"), ("(", ")"), ("{", "}"), ("`", "`"), ("\"", "\""), ("“", "”")]
    .map { (Array($0.0.unicodeScalars), Array($0.1.unicodeScalars)) }

  /// Nil if there is nothing to take off.
  private static func unwrappedOnce(_ text: ArraySlice<Unicode.Scalar>) -> ArraySlice<Unicode.Scalar>? {
    guard let first = text.first, let last = text.last else { return nil }
    if first.properties.isWhitespace { return text.dropFirst() }
    if last.properties.isWhitespace || last == "." { return text.dropLast() }
    for command in commands where text.starts(with: command) {
      // `\text` must not be taken off `\textwidth`.
      let rest = text.dropFirst(command.count)
      if let next = rest.first, next == "{" || next.properties.isWhitespace { return rest }
    }
    for (opening, closing) in pairs
    where text.count >= opening.count + closing.count && text.starts(with: opening)
      && text.suffix(closing.count).elementsEqual(closing)
    {
      let inner = text.dropFirst(opening.count).dropLast(closing.count)
      // In `(a)(b)` and `$1$ or $2$` the two ends do not belong together.
      if isBalanced(inner, opening, closing) { return inner }
    }
    return nil
  }

  private static func isBalanced(
    _ text: ArraySlice<Unicode.Scalar>, _ opening: [Unicode.Scalar], _ closing: [Unicode.Scalar]
  ) -> Bool {
    guard opening != closing, opening.count == 1 else {
      return !text.indices.contains { text[$0...].starts(with: closing) }
    }
    var depth = 0
    for scalar in text {
      if scalar == opening[0] { depth += 1 }
      if scalar == closing[0] { depth -= 1 }
      if depth < 0 { return false }
    }
    return depth == 0
  }
}

/// A keyword such as "answer" or "option" with what follows it.
struct AnswerPhrase {
  /// Whether "is" or a colon follows the keyword.
  let hasLink: Bool
  /// What follows keyword and link, white space and marks such as `**` and `(` passed over.
  let rest: ArraySlice<Unicode.Scalar>

  /// All places where one of the keywords, in any case and as a word of its own, stands; in the text's order.
  static func all(in text: String, keywords: [String]) -> [AnswerPhrase] {
    let scalars = Array(text.unicodeScalars)
    let patterns = keywords.map { Array($0.unicodeScalars) }
    return scalars.indices.compactMap { start in
      guard start == 0 || !scalars[start - 1].isAlphanumeric,
        let keyword = patterns.first(where: { scalars[start...].startsIgnoringCase(with: $0) })
      else { return nil }
      let rest = scalars[(start + keyword.count)...]
      guard rest.first.map({ !$0.isAlphanumeric }) ?? true else { return nil }
      return AnswerPhrase(behind: rest)
    }
  }

  private init(behind keyword: ArraySlice<Unicode.Scalar>) {
    var rest = keyword.drop(while: Self.isMark)
    var hasLink = false
    if rest.startsIgnoringCase(with: ["i", "s"]), rest.dropFirst(2).first.map({ !$0.isAlphanumeric }) ?? true {
      hasLink = true
      rest = rest.dropFirst(2).drop(while: Self.isMark)
    }
    if let colon = rest.first, colon == ":" || colon == "：" {
      hasLink = true
      rest = rest.dropFirst().drop(while: Self.isMark)
    }
    self.hasLink = hasLink
    self.rest = rest
  }

  /// White space and what may stand around a letter.
  private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || "*([$\"'`“".unicodeScalars.contains(scalar)
  }
}

extension ArraySlice<Unicode.Scalar> {
  /// Whether it starts with `pattern`, which is lower-case ASCII, in any case.
  fileprivate func startsIgnoringCase(with pattern: [Unicode.Scalar]) -> Bool {
    count >= pattern.count
      && zip(self, pattern).allSatisfy { $0 == $1 || ($0.isASCII && $0.value | 0x20 == $1.value) }
  }
}

// Tokens that are cut out of the text before it is split and merged: `<|im_start|>`, `<img>`, `<think>`.
// Follows `AddedVocabulary::find_matches` of huggingface/tokenizers, tokenizers/src/tokenizer/added_vocabulary.rs.

/// A token that text is searched for as a whole.
struct AddedToken: Sendable, Equatable {
  let id: Int
  let content: String
  /// Hidden from decoded text, and recognised only where special tokens are.
  var isSpecial = false
  /// Takes the whitespace before it along.
  var stripsLeft = false
  /// Takes the whitespace after it along.
  var stripsRight = false
  /// Is searched for in normalized text, in normalized form.
  var isNormalized = false
  /// Matches only where no word character touches it.
  var isSingleWord = false
}

/// Finds added tokens in text, the longest one at the leftmost place.
struct AddedTokenMatcher: Sendable {
  /// A stretch of the text.
  enum Segment: Equatable {
    case text(Range<Int>)
    case token(Int)
  }

  private struct Pattern: Sendable {
    let scalars: [Unicode.Scalar]
    let token: AddedToken
  }

  /// Patterns by first scalar, longest first.
  private let patterns: [Unicode.Scalar: [Pattern]]

  /// - Parameter normalize: What is done to the text before it is searched, and so to the tokens.
  init(_ tokens: [AddedToken], normalize: ([Unicode.Scalar]) -> [Unicode.Scalar] = { $0 }) {
    var patterns: [Unicode.Scalar: [Pattern]] = [:]
    for token in tokens {
      let scalars = normalize(Array(token.content.unicodeScalars))
      if let first = scalars.first { patterns[first, default: []].append(Pattern(scalars: scalars, token: token)) }
    }
    self.patterns = patterns.mapValues { $0.sorted { $0.scalars.count > $1.scalars.count } }
  }

  /// Cuts `text` into added tokens and what lies between them.
  /// - Parameter recognisesSpecialTokens: If false, special tokens stay part of the text around them.
  func segments(of text: [Unicode.Scalar], recognisesSpecialTokens: Bool) -> [Segment] {
    guard !patterns.isEmpty else { return text.isEmpty ? [] : [.text(0..<text.count)] }
    var segments: [Segment] = []
    var done = 0
    var index = 0
    while index < text.count {
      guard let pattern = longestMatch(in: text, at: index) else {
        index += 1
        continue
      }
      let match = index..<index + pattern.scalars.count
      index = match.upperBound
      guard recognisesSpecialTokens || !pattern.token.isSpecial,
        !pattern.token.isSingleWord || standsAlone(match, in: text)
      else { continue }
      let reach = withStrippedWhitespace(match, of: pattern.token, in: text)
      if done < reach.lowerBound { segments.append(.text(done..<reach.lowerBound)) }
      segments.append(.token(pattern.token.id))
      done = max(done, reach.upperBound)
    }
    if done < text.count { segments.append(.text(done..<text.count)) }
    return segments
  }

  private func longestMatch(in text: [Unicode.Scalar], at index: Int) -> Pattern? {
    patterns[text[index]]?.first { text[index...].starts(with: $0.scalars) }
  }

  private func standsAlone(_ match: Range<Int>, in text: [Unicode.Scalar]) -> Bool {
    (match.lowerBound == 0 || !text[match.lowerBound - 1].isWordCharacter)
      && (match.upperBound == text.count || !text[match.upperBound].isWordCharacter)
  }

  private func withStrippedWhitespace(
    _ match: Range<Int>, of token: AddedToken, in text: [Unicode.Scalar]
  ) -> Range<Int> {
    var (lower, upper) = (match.lowerBound, match.upperBound)
    while token.stripsLeft, lower > 0, text[lower - 1].properties.isWhitespace { lower -= 1 }
    while token.stripsRight, upper < text.count, text[upper].properties.isWhitespace { upper += 1 }
    return lower..<upper
  }
}

extension Unicode.Scalar {
  /// `\w` of Unicode Technical Standard 18.
  fileprivate var isWordCharacter: Bool {
    switch properties.generalCategory {
    case .decimalNumber, .connectorPunctuation, .nonspacingMark, .spacingMark, .enclosingMark: true
    default: properties.isAlphabetic || self == "\u{200C}" || self == "\u{200D}"
    }
  }
}

// Text compared scalar by scalar, as Python does and as prompts need. `String` takes canonically equivalent
// strings for equal and never splits a character, so that "e" would not be found in "é" of two scalars.

extension String {
  /// The pieces between occurrences of `separator`, which is not empty. At least one.
  func components(separatedBy separator: String) -> [String] {
    let text = Array(utf8), pattern = Array(separator.utf8)
    var pieces: [String] = []
    var start = 0
    while let found = text[start...].firstIndex(of: pattern) {
      pieces.append(String(decoding: text[start..<found], as: UTF8.self))
      start = found + pattern.count
    }
    return pieces + [String(decoding: text[start...], as: UTF8.self)]
  }

  /// How often `text`, which is not empty, occurs without overlap.
  func count(of text: String) -> Int { components(separatedBy: text).count - 1 }

  /// Whether `text` occurs; the empty text always does.
  func contains(exactly text: String) -> Bool {
    text.isEmpty || Array(utf8)[...].firstIndex(of: Array(text.utf8)) != nil
  }

  /// The text behind the last occurrence of `mark`; nil if there is none.
  func behindLast(_ mark: String) -> String? {
    let pieces = components(separatedBy: mark)
    return pieces.count > 1 ? pieces.last : nil
  }

  /// `text` replaced wherever it occurs.
  func replacing(exactly text: String, with other: String) -> String {
    components(separatedBy: text).joined(separator: other)
  }

  /// Without white space at both ends.
  var trimmed: String {
    var rest = unicodeScalars[...]
    while let first = rest.first, first.properties.isWhitespace { rest.removeFirst() }
    while let last = rest.last, last.properties.isWhitespace { rest.removeLast() }
    return String(rest)
  }

  /// Lines that are not blank, trimmed.
  var filledLines: [String] {
    split(whereSeparator: \.isNewline).map { String($0).trimmed }.filter { !$0.isEmpty }
  }

  /// Lower case, runs of white space as one blank, none at the ends: what §5 of the rules compares.
  var folded: String {
    lowercased().unicodeScalars.split(whereSeparator: \.properties.isWhitespace).map { String($0) }
      .joined(separator: " ")
  }
}

extension ArraySlice<UInt8> {
  /// Where `pattern`, which is not empty, first begins.
  fileprivate func firstIndex(of pattern: [UInt8]) -> Int? {
    guard let head = pattern.first, pattern.count <= count else { return nil }
    var position = startIndex
    while position <= endIndex - pattern.count {
      if self[position] == head, self[position..<position + pattern.count].elementsEqual(pattern) { return position }
      position += 1
    }
    return nil
  }
}

extension Unicode.Scalar {
  /// Whether it belongs to a word: a letter or a digit of any script.
  var isAlphanumeric: Bool { properties.isAlphabetic || properties.numericType != nil }
}

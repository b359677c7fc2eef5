// Python's notions of white space, digits and number literals, as far as VLMEvalKit's rules depend on them.

extension Unicode.Scalar {
  /// `str.isspace`, which `\s` and `split()` go by: Unicode's white space and the four separators of ASCII.
  var isPythonSpace: Bool { properties.isWhitespace || (0x1C...0x1F).contains(value) }
  /// `\d`: a decimal digit of any script.
  var isPythonDigit: Bool { properties.generalCategory == .decimalNumber }
  /// `\w`: letters, numbers and the underscore.
  var isPythonWord: Bool {
    if self == "_" { return true }
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
      .letterNumber, .otherNumber:
      return true
    default: return false
    }
  }
}

extension String {
  /// `split()`.
  var pythonWords: [String] { unicodeScalars.split(whereSeparator: \.isPythonSpace).map { String($0) } }

  /// `strip()`.
  var pythonStripped: String {
    var rest = unicodeScalars[...]
    while let first = rest.first, first.isPythonSpace { rest.removeFirst() }
    while let last = rest.last, last.isPythonSpace { rest.removeLast() }
    return String(rest)
  }

  /// `endswith`.
  func ends(exactly suffix: String) -> Bool { utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) }
}

/// An integer of any size as `int()` reads it.
struct PythonInteger: Equatable {
  private let isNegative: Bool
  private let digits: String

  /// Nil where `int()` raises an error.
  init?(_ text: String) {
    var rest = text.pythonStripped[...]
    let isMinus = rest.first == "-"
    if rest.first == "-" || rest.first == "+" { rest.removeFirst() }
    guard let plain = PythonFloat.withoutUnderscores(rest), !plain.isEmpty, plain.allSatisfy(\.isASCIIDigit) else {
      return nil
    }
    digits = String(plain.drop { $0 == "0" })
    isNegative = isMinus && !digits.isEmpty
  }

  var isZero: Bool { digits.isEmpty }
}

/// A number as `float()` reads it.
enum PythonFloat {
  /// Nil where `float()` raises an error.
  static func value(_ text: String) -> Double? {
    guard let plain = withoutUnderscores(text.pythonStripped[...]) else { return nil }
    var rest = plain[...]
    if rest.first == "-" || rest.first == "+" { rest.removeFirst() }
    if ["inf", "infinity", "nan"].contains(rest.lowercased()) { return Double(plain) }
    let mantissa = rest.prefix { $0.isASCIIDigit || $0 == "." }
    guard mantissa.contains(where: \.isASCIIDigit), mantissa.count(where: { $0 == "." }) <= 1 else { return nil }
    rest = rest.dropFirst(mantissa.count)
    if rest.first == "e" || rest.first == "E" {
      rest.removeFirst()
      if rest.first == "-" || rest.first == "+" { rest.removeFirst() }
      guard !rest.isEmpty else { return nil }
    }
    return rest.allSatisfy(\.isASCIIDigit) ? Double(plain) : nil
  }

  /// The literal without underscores between digits; nil if one stands elsewhere.
  static func withoutUnderscores(_ text: Substring) -> String? {
    let pieces = text.split(separator: "_", omittingEmptySubsequences: false)
    for (left, right) in zip(pieces, pieces.dropFirst()) {
      guard left.last?.isASCIIDigit ?? false, right.first?.isASCIIDigit ?? false else { return nil }
    }
    return pieces.joined()
  }
}

extension Character {
  fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}

// The value of a number or a simple formula, written plainly or in LaTeX.

/// A number out of a text.
public struct MathValue: Sendable, Equatable {
  /// The value; that of `50%` is 0.5.
  public let value: Double
  /// Whether a percent sign followed.
  public let isPercent: Bool
  /// Digits behind the decimal point, if it is written as a plain decimal.
  public let decimals: Int?

  /// The value of a whole text: sign, thousands commas, decimals, exponents, `\times 10^{3}`, `%`, fractions
  /// and mixed numbers, roots, powers, π, products, sums and parentheses. What stands in front of the last
  /// `=` or `≈` and a unit behind the number do not count. Nil for anything else.
  public init?(_ text: String) {
    var parser = MathParser(Self.plain(text))
    guard let parsed = parser.wholeValue() else { return nil }
    (value, isPercent, decimals) = (parsed.value, parsed.isPercent, parsed.decimals)
  }

  /// The last number literal in a text, with its sign and percent sign; nil if there is none.
  static func last(in text: String) -> MathValue? { literals(in: text).last }

  /// All number literals in a text. A digit that belongs to a word (`H2`, `x1`) is none.
  static func literals(in text: String) -> [MathValue] {
    var parser = MathParser(plain(text))
    return parser.literals()
  }

  init(value: Double, isPercent: Bool, decimals: Int?) {
    self.value = value
    self.isPercent = isPercent
    self.decimals = decimals
  }

  /// `text` in the few characters that the parser knows. LaTeX's spaces and `$` go, `\text{…}` goes unless
  /// nothing else is there.
  private static func plain(_ text: String) -> [Unicode.Scalar] {
    var plain = MarkedAnswer.unwrapped(text)
    for (latex, other) in replacements { plain = plain.replacing(exactly: latex, with: other) }
    for command in ["\\text", "\\mathrm", "\\textbf", "\\mathbf", "\\rm"] {
      plain = plain.components(separatedBy: command + "{").enumerated().map { index, piece in
        index == 0 ? piece : " " + piece.components(separatedBy: "}").dropFirst().joined(separator: "}")
      }.joined()
    }
    return Array(plain.unicodeScalars)
  }

  private static let replacements: [(String, String)] = [
    ("\\left", ""), ("\\right", ""), ("\\,", ""), ("\\;", ""), ("\\!", ""), ("\\:", ""), ("\\ ", " "), ("~", " "),
    ("\\quad", " "), ("\\displaystyle", ""), ("\\dfrac", "\\frac"), ("\\tfrac", "\\frac"), ("\\%", "%"), ("\\$", ""),
    ("$", ""), ("\\(", ""), ("\\)", ""), ("^{\\circ}", ""), ("^\\circ", ""), ("\\degree", ""), ("°", ""),
    ("\\times", "*"), ("\\cdot", "*"), ("×", "*"), ("·", "*"), ("\\div", "/"), ("÷", "/"), ("−", "-"), ("–", "-"),
    ("π", "\\pi "),
    ("√", "\\sqrt "), ("\\approx", "="), ("≈", "="), ("**", ""),
  ]
}

extension MathValue {
  /// Whether both are the same number: |x − y| ≤ 1e-6 · max(1, |y|). If only one has a percent sign, `50%` is
  /// 50 as well as 0.5.
  public func isClose(to other: MathValue) -> Bool {
    matches(other) { abs($0 - $1) <= 1e-6 * max(1, abs($1)) }
  }

  /// Whether this, rounded to the decimals that `answer` is written with, is `answer`; nil if it is written
  /// otherwise.
  public func roundsTo(_ answer: MathValue) -> Bool? {
    guard let decimals = answer.decimals, decimals <= 15 else { return nil }
    let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
    return matches(answer) { ($0 * scale).rounded() == ($1 * scale).rounded() }
  }

  private func matches(_ other: MathValue, _ isSame: (Double, Double) -> Bool) -> Bool {
    if isSame(value, other.value) { return true }
    guard isPercent != other.isPercent else { return false }
    return isSame(isPercent ? 100 * value : value, other.isPercent ? 100 * other.value : other.value)
  }
}

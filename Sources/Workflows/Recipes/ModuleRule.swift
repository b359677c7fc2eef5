// Rules for chosen modules: what the linears that a pattern names become.
public import Quantization

/// What becomes of the linears whose names fit a pattern.
public struct ModuleRule: Sendable, Equatable {
  /// What can become of a linear.
  public enum Outcome: Sendable, Hashable, CaseIterable {
    /// Codes of this kind.
    case codes(CodeScheme)
    /// What it was.
    case sixteenBit

    public static let allCases = CodeScheme.allCases.map(Outcome.codes) + [.sixteenBit]

    /// What it is called on the command line and in recipes.
    public var name: String {
      switch self {
      case .codes(let codes): codes.rawValue
      case .sixteenBit: "16bit"
      }
    }
  }

  public let pattern: NamePattern
  public let outcome: Outcome

  /// A rule for the linears that `pattern` fits.
  public init(_ pattern: NamePattern, _ outcome: Outcome) {
    self.pattern = pattern
    self.outcome = outcome
  }

  /// Reads `PATTERN=SCHEME`; nil if there is no pattern, or no such scheme.
  public init?(_ text: String) {
    guard let border = text.lastIndex(of: "="), border > text.startIndex,
      let outcome = Outcome.allCases.first(where: { $0.name == text[text.index(after: border)...] })
    else { return nil }
    self.init(NamePattern(String(text[..<border])), outcome)
  }
}

// The tokens of a template: text between tags, and what stands inside of tags.

/// A token and the line it begins on.
struct Token: Sendable {
  let kind: TokenKind
  let line: Int
}

/// What a token is.
enum TokenKind: Sendable, Equatable, CustomStringConvertible {
  /// Text outside of tags, as it is printed.
  case data(Text)
  /// `{{` and `}}`.
  case variableBegin, variableEnd
  /// `{%` and `%}`.
  case blockBegin, blockEnd
  case name(String)
  case string(Text)
  case integer(Int)
  case float(Double)
  case symbol(Symbol)
  case end

  /// The token as an error names it.
  var description: String {
    switch self {
    case .data: "text"
    case .variableBegin: "'{{'"
    case .variableEnd: "'}}'"
    case .blockBegin: "'{%'"
    case .blockEnd: "'%}'"
    case .name(let name): "'\(name)'"
    case .string(let text): "the string \(text.excerpt)"
    case .integer(let value): "\(value)"
    case .float(let value): "\(value)"
    case .symbol(let symbol): "'\(symbol.rawValue)'"
    case .end: "the end of the template"
    }
  }
}

/// An operator or a bracket.
enum Symbol: String, Sendable, CaseIterable {
  case floorDivide = "//"
  case power = "**"
  case equal = "=="
  case notEqual = "!="
  case greaterOrEqual = ">="
  case lessOrEqual = "<="
  case plus = "+"
  case minus = "-"
  case divide = "/"
  case multiply = "*"
  case remainder = "%"
  case tilde = "~"
  case leftBracket = "["
  case rightBracket = "]"
  case leftParenthesis = "("
  case rightParenthesis = ")"
  case leftBrace = "{"
  case rightBrace = "}"
  case greater = ">"
  case less = "<"
  case assign = "="
  case dot = "."
  case colon = ":"
  case pipe = "|"
  case comma = ","
  case semicolon = ";"

  /// What closes it, if it opens something.
  var closing: Symbol? {
    switch self {
    case .leftBracket: .rightBracket
    case .leftParenthesis: .rightParenthesis
    case .leftBrace: .rightBrace
    default: nil
    }
  }

  /// Whether it closes something.
  var isClosing: Bool { self == .rightBracket || self == .rightParenthesis || self == .rightBrace }
}

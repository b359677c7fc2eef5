// Literals as Python prints them and as JSON writes them: benchmark cells hold lists and dictionaries in
// either syntax.

/// A value that a cell spells out. Nothing is ever executed.
public enum PythonLiteral: Sendable, Equatable {
  /// `None` or `null`.
  case none
  /// `True`, `False`, `true` or `false`.
  case bool(Bool)
  /// A number, as written.
  case number(String)
  /// A string in single or double quotes.
  case string(String)
  /// A list or a tuple.
  case list([PythonLiteral])
  /// A dictionary's entries in order; keys may repeat, the last one counts in Python.
  case dictionary([Entry])

  /// A key and its value.
  public struct Entry: Sendable, Equatable {
    /// The key.
    public var key: PythonLiteral
    /// The value.
    public var value: PythonLiteral
  }

  /// What is wrong with a literal.
  public struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was expected.
    public let expected: String
    /// Offset in the text's UTF-8.
    public let offset: Int
    /// One line for people.
    public var description: String { "expected \(expected) at byte \(offset) of the cell" }
  }

  /// Deepest nesting of lists and dictionaries.
  public static let depthLimit = 32

  /// Parses a whole text.
  /// - Throws: `Fault` if it is no literal, or nested deeper than `depthLimit`.
  public init(parsing text: String) throws(Fault) { try self.init(parsing: Array(text.utf8)) }

  /// Parses a whole text, which must be UTF-8.
  /// - Throws: `Fault`.
  init(parsing bytes: [UInt8]) throws(Fault) {
    var parser = PythonLiteralParser(bytes)
    self = try parser.value(depth: 0)
    try parser.finish()
  }

  /// The elements if this is a list of strings and numbers, each as text; else nil.
  public var texts: [String]? {
    guard case .list(let elements) = self else { return nil }
    let texts = elements.compactMap(\.text)
    return texts.count == elements.count ? texts : nil
  }

  /// The text of a string or number; nil for anything else.
  public var text: String? {
    switch self {
    case .string(let text), .number(let text): text
    default: nil
    }
  }
}

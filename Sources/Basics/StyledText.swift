// Text that says what its parts mean. How a part is shown, if at all, is decided where text is printed.

/// What a part of a text means to whoever reads it.
public enum TextRole: Sendable, Equatable {
  /// What was asked for holds.
  case good
  /// What was asked for does not hold, or something is damaged.
  case bad
  /// Something may not be what it is taken for.
  case warning
  /// What is copied as it stands, and so never broken: a word of a command, a digest with its file.
  case verbatim
  /// The space between two words of a command; a line that ends there ends in a backslash.
  case betweenArguments
}

/// Text of which parts may have a role.
///
/// A literal makes it, with a role behind a value: `"gate mean KL: \("PASS", .good)"`.
public struct StyledText: Sendable, Equatable, ExpressibleByStringInterpolation {
  /// Characters of one role.
  public struct Part: Sendable, Equatable {
    /// The characters.
    public fileprivate(set) var text: String
    /// What they mean; nil for most.
    public let role: TextRole?
  }

  /// The text in pieces, in order. None is empty, and neighbours have different roles.
  public private(set) var parts: [Part] = []

  /// `text` in one role.
  public init(_ text: String, _ role: TextRole? = nil) { append(text, role) }

  /// `value` without a role.
  public init(stringLiteral value: String) { append(value, nil) }

  /// What a literal with values says.
  public init(stringInterpolation: Interpolation) { self = stringInterpolation.text }

  /// The characters alone.
  public var plain: String { parts.map(\.text).joined() }

  /// The same without spaces at the end.
  public var withoutTrailingSpaces: StyledText {
    var text = self
    while let last = text.parts.popLast() {
      guard let end = last.text.lastIndex(where: { $0 != " " }) else { continue }
      text.append(String(last.text[...end]), last.role)
      return text
    }
    return text
  }

  /// The same with other characters in each part.
  public func mapped(_ transform: (String) -> String) -> StyledText {
    parts.reduce(into: "") { $0.append(transform($1.text), $1.role) }
  }

  /// Adds `text` at the end.
  public mutating func append(_ text: StyledText) {
    for part in text.parts { append(part.text, part.role) }
  }

  private mutating func append(_ text: String, _ role: TextRole?) {
    guard !text.isEmpty else { return }
    if let last = parts.indices.last, parts[last].role == role {
      parts[last].text += text
    } else {
      parts.append(Part(text: text, role: role))
    }
  }

  /// One text behind the other.
  public static func + (left: StyledText, right: StyledText) -> StyledText {
    var text = left
    text.append(right)
    return text
  }

  /// Puts the parts of a literal together.
  public struct Interpolation: StringInterpolationProtocol {
    fileprivate var text: StyledText = ""

    /// Nothing yet.
    public init(literalCapacity: Int, interpolationCount: Int) {}

    /// Characters between values.
    public mutating func appendLiteral(_ literal: String) { text.append(literal, nil) }

    /// A value as it describes itself, in a role.
    public mutating func appendInterpolation(_ value: some CustomStringConvertible, _ role: TextRole? = nil) {
      text.append(value.description, role)
    }

    /// A text with the roles that it has.
    public mutating func appendInterpolation(_ text: StyledText) { self.text.append(text) }
  }
}

// A JSON number that remembers how it was written.

/// A number with the literal it was read from.
public struct JSONNumber: Sendable, Hashable {
  /// As written, for example `1e-06`.
  public let literal: String

  /// Takes a literal that the parser has already found to be a JSON number.
  init(checked literal: String) { self.literal = literal }

  /// An integer.
  public init(_ value: Int) { literal = String(value) }

  /// A finite double, written with the fewest digits that give it back. NaN and infinities have no JSON form.
  public init?(_ value: Double) {
    guard value.isFinite else { return nil }
    literal = "\(value)"
  }

  /// The value if the literal is an integer that fits `Int`.
  public var intValue: Int? { Int(literal) }
  /// The nearest double; may be infinite for an enormous literal.
  public var doubleValue: Double { Double(literal) ?? .nan }
}

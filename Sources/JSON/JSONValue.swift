// A JSON document in memory. Objects keep their order, numbers their literal, so that what is read can be
// written again as it was.

/// A JSON value.
public enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case number(JSONNumber)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)

  /// The member `key` of an object; nil for other values or if absent.
  public subscript(key: String) -> JSONValue? { objectValue?[key] }

  /// The string, if this is one.
  public var stringValue: String? { if case .string(let value) = self { value } else { nil } }
  /// The truth value, if this is one.
  public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
  /// The number as an integer, if it is one that fits `Int`.
  public var intValue: Int? { if case .number(let value) = self { value.intValue } else { nil } }
  /// The number as a double.
  public var doubleValue: Double? { if case .number(let value) = self { value.doubleValue } else { nil } }
  /// The elements, if this is an array.
  public var arrayValue: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
  /// The members, if this is an object.
  public var objectValue: JSONObject? { if case .object(let value) = self { value } else { nil } }
  /// Whether this is `null`.
  public var isNull: Bool { self == .null }
}

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
    literal = value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) + ".0" : "\(value)"
  }

  /// The value if the literal is an integer that fits `Int`.
  public var intValue: Int? { Int(literal) }
  /// The nearest double; may be infinite for an enormous literal.
  public var doubleValue: Double { Double(literal) ?? .nan }
}

/// An object's members in order. Keys are unique.
public struct JSONObject: Sendable, Hashable, ExpressibleByDictionaryLiteral {
  /// Keys in order.
  public private(set) var keys: [String] = []
  private var values: [String: JSONValue] = [:]

  /// An object without members.
  public init() {}

  /// Members in the order written. A repeated key keeps its last value.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    for (key, value) in elements { self[key] = value }
  }

  /// Number of members.
  public var count: Int { keys.count }

  /// The member `key`. Setting a new key appends it; setting nil removes it.
  public subscript(key: String) -> JSONValue? {
    get { values[key] }
    set {
      if let newValue {
        if values.updateValue(newValue, forKey: key) == nil { keys.append(key) }
      } else if values.removeValue(forKey: key) != nil {
        keys.removeAll { $0 == key }
      }
    }
  }

  /// Members in order.
  public var members: [(key: String, value: JSONValue)] {
    keys.map { (key: $0, value: values[$0] ?? .null) }
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
  /// A JSON string.
  public init(stringLiteral value: String) { self = .string(value) }
  /// A JSON integer.
  public init(integerLiteral value: Int) { self = .number(JSONNumber(value)) }
  /// `true` or `false`.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// A JSON array.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// `null`.
  public init(nilLiteral: ()) { self = .null }
  /// A JSON object, members in the order written.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    var object = JSONObject()
    for (key, value) in elements { object[key] = value }
    self = .object(object)
  }
  /// An integer.
  public static func integer(_ value: Int) -> JSONValue { .number(JSONNumber(value)) }
  /// A double; `null` if it is not finite.
  public static func double(_ value: Double) -> JSONValue { JSONNumber(value).map(JSONValue.number) ?? .null }
}

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
  public var isNull: Bool { self == .null }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .number(JSONNumber(value)) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  public init(nilLiteral: ()) { self = .null }
  /// A JSON object, members in the order written.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    var object = JSONObject()
    for (key, value) in elements { object[key] = value }
    self = .object(object)
  }
  public static func integer(_ value: Int) -> JSONValue { .number(JSONNumber(value)) }
  /// A double; `null` if it is not finite.
  public static func double(_ value: Double) -> JSONValue { JSONNumber(value).map(JSONValue.number) ?? .null }
}

/// A number with the literal it was read from.
public struct JSONNumber: Sendable, Hashable {
  /// As written, for example `1e-06`.
  public let literal: String

  /// Takes a literal that the parser has already found to be a JSON number.
  init(checked literal: String) { self.literal = literal }

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

extension JSONValue {
  /// Parses a whole JSON text, which must be UTF-8 without a byte order mark.
  /// - Throws: `JSONError` with the byte offset, counted from the first byte given.
  public init(parsing bytes: RawSpan, limits: JSONLimits = JSONLimits()) throws(JSONError) {
    var reader = try JSONReader(bytes, limits: limits)
    try self.init(readingAll: &reader)
  }

  /// Parses a whole JSON text, which must be UTF-8 without a byte order mark.
  /// - Throws: `JSONError` with the byte offset.
  public init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) {
    var reader = try JSONReader(bytes.span, limits: limits)
    try self.init(readingAll: &reader)
  }

  /// Parses a whole JSON text, which must be UTF-8 without a byte order mark.
  /// - Throws: `JSONError` with the byte offset, counted from the first byte of the slice.
  public init(parsing bytes: ArraySlice<UInt8>, limits: JSONLimits = JSONLimits()) throws(JSONError) {
    var reader = try JSONReader(bytes.span, limits: limits)
    try self.init(readingAll: &reader)
  }

  /// Parses a whole JSON text.
  /// - Throws: `JSONError` with the byte offset in the text's UTF-8.
  public init(parsing text: String, limits: JSONLimits = JSONLimits()) throws(JSONError) {
    try self.init(parsing: Array(text.utf8), limits: limits)
  }

  private init(readingAll reader: inout JSONReader) throws(JSONError) {
    try self.init(reading: &reader)
    try reader.finish()
  }

  /// Reads the next value of `reader`. Recursion is bounded by the reader's depth limit.
  public init(reading reader: inout JSONReader) throws(JSONError) {
    switch try reader.peekKind() {
    case .null:
      try reader.readNull()
      self = .null
    case .bool: self = .bool(try reader.readBool())
    case .number: self = .number(try reader.readNumber())
    case .string: self = .string(try reader.readString())
    case .array:
      var elements: [JSONValue] = []
      try reader.beginArray()
      while try reader.nextElement() { elements.append(try JSONValue(reading: &reader)) }
      self = .array(elements)
    case .object:
      var object = JSONObject()
      try reader.beginObject()
      while let key = try reader.nextKey() {
        let offset = reader.tokenOffset
        guard object.append(key, try JSONValue(reading: &reader)) else {
          throw .duplicateKey(key, offset: offset)
        }
      }
      self = .object(object)
    }
  }
}

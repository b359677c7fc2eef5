// The one spelling of a JSON value that sections hold, Formats/skyq.md §7.
public import JSON

/// Canonical JSON: sorted keys, no white space, integers only.
public enum CanonicalJSON {
  private static let integerBound = 1 << 53
  private static let depth = 32

  /// The canonical bytes of `value`. Write a fraction as a string.
  /// - Throws: E037 for a number that is not an integer below 2^53 in magnitude, for nesting beyond 32, or for a key
  ///   with U+0000.
  public static func encode(_ value: JSONValue) throws(SkyqError) -> [UInt8] {
    try requireCanonical(value, depth: 0)
    do throws(JSONError) {
      return try value.serialized(.canonical)
    } catch {
      throw SkyqError(.canonicalJSON, "\(error)")
    }
  }

  /// The value of canonical bytes.
  /// - Throws: E037 if `bytes` are not the canonical spelling of a value.
  public static func decode(_ bytes: [UInt8]) throws(SkyqError) -> JSONValue {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(parsing: bytes, limits: JSONLimits(byteCount: SkyqLimits.sectionSize, depth: depth))
    } catch {
      throw SkyqError(.canonicalJSON, "\(error)")
    }
    guard try encode(value) == bytes else {
      throw SkyqError(.canonicalJSON, "JSON, but not in its canonical spelling")
    }
    return value
  }

  /// The bytes of a section of this type.
  /// - Throws: E037 as `encode(_:)`, and if the type demands an object that `value` is not.
  static func encode(_ value: JSONValue, for type: SkyqSectionType) throws(SkyqError) -> [UInt8] {
    try requireShape(value, of: type)
    return try encode(value)
  }

  /// The value of a section of this type.
  /// - Throws: E037 as `decode(_:)`, and if the type demands an object and the value is none.
  static func decode(_ bytes: [UInt8], for type: SkyqSectionType) throws(SkyqError) -> JSONValue {
    let value = try decode(bytes)
    try requireShape(value, of: type)
    return value
  }

  private static func requireShape(_ value: JSONValue, of type: SkyqSectionType) throws(SkyqError) {
    if !type.isObject { return }
    guard case .object = value else {
      throw SkyqError(.canonicalJSON, "\(type.rawValue) must be a JSON object")
    }
  }

  private static func requireCanonical(_ value: JSONValue, depth: Int) throws(SkyqError) {
    switch value {
    case .null, .bool, .string: return
    case .number(let number):
      guard let integer = number.intValue, integer.magnitude < integerBound, String(integer) == number.literal else {
        throw SkyqError(.canonicalJSON, "\(number.literal.prefix(40)) is not an integer below 2^53; write a string")
      }
    case .array(let elements):
      try requireShallow(depth)
      for element in elements { try requireCanonical(element, depth: depth + 1) }
    case .object(let object):
      try requireShallow(depth)
      for (_, member) in object.members { try requireCanonical(member, depth: depth + 1) }
    }
  }

  private static func requireShallow(_ depth: Int) throws(SkyqError) {
    guard depth < Self.depth else { throw SkyqError(.canonicalJSON, "nested deeper than \(Self.depth)") }
  }
}

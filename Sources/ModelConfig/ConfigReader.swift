// Typed, checked access to one level of config.json.
import Basics
import JSON

/// One JSON object of config.json with its dotted path, for messages.
struct ConfigReader {
  let object: JSONObject
  let path: String

  init(_ value: JSONValue, path: String = "") throws(ModelConfigError) {
    guard let object = value.objectValue else {
      throw .invalid(key: path, expected: "an object", found: ConfigReader.describe(value))
    }
    self.object = object
    self.path = path
  }

  /// The member, with JSON null counted as absent.
  func value(_ key: String) -> JSONValue? {
    guard let value = object[key], !value.isNull else { return nil }
    return value
  }

  func child(_ key: String) throws(ModelConfigError) -> ConfigReader? {
    guard let value = value(key) else { return nil }
    return try ConfigReader(value, path: name(key))
  }

  /// A whole number in `range`; `fallback` if absent; an error if absent without fallback.
  func int(_ key: String, in range: ClosedRange<Int> = 1...1 << 30, default fallback: Int? = nil)
    throws(ModelConfigError) -> Int
  {
    guard let value = value(key) else { return try required(key, "an integer", fallback) }
    guard let number = value.intValue, range.contains(number) else {
      throw .invalid(
        key: name(key), expected: "an integer from \(range.lowerBound) to \(range.upperBound)",
        found: ConfigReader.describe(value))
    }
    return number
  }

  /// A side length: an integer, or a list of equal integers (native layout). The limit keeps products of sides and other
  /// extents below 2⁶³.
  func side(_ key: String, default fallback: Int? = nil) throws(ModelConfigError) -> Int {
    let range = 1...1 << 14
    guard let list = value(key)?.arrayValue else { return try int(key, in: range, default: fallback) }
    guard let first = list.first?.intValue, range.contains(first),
      list.allSatisfy({ $0.intValue == first })
    else { throw .invalid(key: name(key), expected: "equal side lengths", found: "\(list.count) other values") }
    return first
  }

  /// A finite positive number.
  func positive(_ key: String, default fallback: Double? = nil) throws(ModelConfigError) -> Double {
    guard let value = value(key) else { return try required(key, "a number", fallback) }
    guard let number = value.doubleValue, number.isFinite, number > 0 else {
      throw .invalid(key: name(key), expected: "a positive number", found: ConfigReader.describe(value))
    }
    return number
  }

  /// A list of finite positive numbers.
  func positives(_ key: String) throws(ModelConfigError) -> [Double] {
    let list = value(key)?.arrayValue
    let numbers = (list ?? []).compactMap(\.doubleValue).filter { $0.isFinite && $0 > 0 }
    guard let list, numbers.count == list.count else {
      throw .invalid(
        key: name(key), expected: "a list of positive numbers",
        found: value(key).map(ConfigReader.describe) ?? "nothing")
    }
    return numbers
  }

  func bool(_ key: String, default fallback: Bool) throws(ModelConfigError) -> Bool {
    guard let value = value(key) else { return fallback }
    guard let flag = value.boolValue else {
      throw .invalid(key: name(key), expected: "true or false", found: ConfigReader.describe(value))
    }
    return flag
  }

  func string(_ key: String) throws(ModelConfigError) -> String? {
    guard let value = value(key) else { return nil }
    guard let text = value.stringValue else {
      throw .invalid(key: name(key), expected: "a string", found: ConfigReader.describe(value))
    }
    return text
  }

  func name(_ key: String) -> String { path.isEmpty ? key : path + "." + key }

  private func required<Value>(_ key: String, _ expected: String, _ fallback: Value?)
    throws(ModelConfigError) -> Value
  {
    guard let fallback else { throw .invalid(key: name(key), expected: expected, found: "nothing") }
    return fallback
  }

  private static func describe(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool(let flag): "\(flag)"
    case .number(let number): number.literal.displayed
    case .string(let text): "\"\(text.displayed)\""
    case .array(let list): "a list of \(list.count)"
    case .object: "an object"
    }
  }
}

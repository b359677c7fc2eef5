// Typed, checked access to one JSON object of a tokenizer file.
import Basics
import JSON
import Storage

/// One JSON object with its file and dotted path, for messages.
struct JSONSection {
  let object: JSONObject
  let file: String
  let path: String

  /// The most bytes a tokenizer file may have; the largest known has half of it.
  static let maximumFileSize = 32 << 20

  /// Reads and parses a file; nil if there is none.
  /// - Throws: `TokenizerError` if it is too large, not JSON or not an object; what `files` throws.
  init?(file: String, in files: any NamedFiles) throws {
    guard let bytes = try Self.bytes(of: file, in: files) else { return nil }
    let document: JSONValue
    do {
      document = try JSONValue(parsing: bytes)
    } catch {
      throw TokenizerError.malformed(file: file, reason: "\(error)")
    }
    try self.init(document, file: file, path: "")
  }

  init(_ value: JSONValue, file: String, path: String) throws(TokenizerError) {
    guard let object = value.objectValue else {
      throw .invalid(file: file, key: path, expected: "an object", found: Self.describe(value))
    }
    self.object = object
    self.file = file
    self.path = path
  }

  /// The bytes of a file of bounded size; nil if there is none.
  static func bytes(of file: String, in files: any NamedFiles) throws -> [UInt8]? {
    guard let bytes = try files.bytes(of: file) else { return nil }
    guard bytes.count <= maximumFileSize else {
      throw TokenizerError.tooLarge(file: file, byteCount: bytes.count, limit: maximumFileSize)
    }
    return bytes
  }

  /// The member, with JSON null counted as absent.
  func value(_ key: String) -> JSONValue? {
    guard let value = object[key], !value.isNull else { return nil }
    return value
  }

  func section(_ key: String) throws(TokenizerError) -> JSONSection? {
    guard let value = value(key) else { return nil }
    return try JSONSection(value, file: file, path: name(key))
  }

  /// The objects of a list; none if absent.
  func sections(_ key: String) throws(TokenizerError) -> [JSONSection] {
    var sections: [JSONSection] = []
    for (index, element) in try list(key).enumerated() {
      sections.append(try JSONSection(element, file: file, path: "\(name(key))[\(index)]"))
    }
    return sections
  }

  /// The elements of a list; none if absent.
  func list(_ key: String) throws(TokenizerError) -> [JSONValue] {
    guard let value = value(key) else { return [] }
    guard let list = value.arrayValue else { throw invalid(key, expected: "a list", value) }
    return list
  }

  func string(_ key: String) throws(TokenizerError) -> String? {
    guard let value = value(key) else { return nil }
    guard let text = value.stringValue else { throw invalid(key, expected: "a string", value) }
    return text
  }

  func bool(_ key: String, default fallback: Bool = false) throws(TokenizerError) -> Bool {
    guard let value = value(key) else { return fallback }
    guard let flag = value.boolValue else { throw invalid(key, expected: "true or false", value) }
    return flag
  }

  /// The error for a member with the wrong value, or for a missing one.
  func invalid(_ key: String, expected: String, _ found: JSONValue?) -> TokenizerError {
    .invalid(file: file, key: name(key), expected: expected, found: found.map(Self.describe) ?? "nothing")
  }

  /// The error for a member whose value is sound but unknown here.
  func unsupported(_ key: String, _ found: String, advice: String) -> TokenizerError {
    .unsupported(file: file, what: "\(name(key)) \(found)", advice: advice)
  }

  func name(_ key: String) -> String { path.isEmpty ? key.displayed : path + "." + key.displayed }

  static func describe(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool(let flag): "\(flag)"
    case .number(let number): number.literal
    case .string(let text): quoted(text)
    case .array(let list): "a list of \(list.count)"
    case .object: "an object"
    }
  }
}

// Why bytes are not the JSON we accept, or a value cannot be written. Offsets count bytes from the first byte read.
public import Basics

/// A fault in a JSON text, with its byte offset.
public enum JSONError: CategorizedError, Equatable {
  /// The text is longer than the limit.
  case tooLong(byteCount: Int, limit: Int)
  /// The text stops inside a value.
  case unexpectedEnd(expected: String, offset: Int)
  /// Something else stands where `expected` should.
  case unexpectedByte(UInt8, expected: String, offset: Int)
  /// More than one value, or anything else after the value.
  case trailingBytes(offset: Int)
  /// Arrays and objects are nested deeper than the limit.
  case tooDeep(limit: Int, offset: Int)
  /// An object names a member twice, perhaps spelt differently with escapes.
  case duplicateKey(String, offset: Int)
  /// Bytes in a string that are not UTF-8.
  case invalidUTF8(offset: Int)
  /// A control character in a string that should be written as an escape.
  case controlCharacter(UInt8, offset: Int)
  /// A backslash followed by something JSON does not define.
  case invalidEscape(offset: Int)
  /// `\uD800`…`\uDFFF` without its other half.
  case loneSurrogate(offset: Int)
  /// A whole number from 0 to `Int.max` was wanted, digits only.
  case notAnUnsignedInteger(offset: Int)
  /// A key with U+0000, which the JSON writer's library would cut short.
  case unwritableKey(String)
  /// The JSON library ran out of memory.
  case writerOutOfMemory

  public var category: FailureCategory {
    switch self {
    case .tooLong, .unexpectedEnd, .unexpectedByte, .trailingBytes, .tooDeep, .duplicateKey, .invalidUTF8,
      .controlCharacter, .invalidEscape, .loneSurrogate, .notAnUnsignedInteger, .unwritableKey:
      .malformedInput
    case .writerOutOfMemory: .systemLimit
    }
  }

  public var description: String {
    switch self {
    case .tooLong(let byteCount, let limit):
      "JSON text of \(byteCount) bytes is longer than the limit of \(limit)"
    case .unexpectedEnd(let expected, let offset):
      "JSON ends at byte \(offset) where \(expected) is expected"
    case .unexpectedByte(0xEF, _, 0):
      "begins with a byte order mark, which other programs refuse as well; save it as UTF-8 without one"
    case .unexpectedByte(let byte, let expected, let offset):
      "expected \(expected), found \(JSONError.spelled(byte)) at byte \(offset)"
    case .trailingBytes(let offset): "unexpected bytes after the JSON value at byte \(offset)"
    case .tooDeep(let limit, let offset): "JSON nested deeper than \(limit) levels at byte \(offset)"
    case .duplicateKey(let key, let offset): "duplicate key \(asciiJSONLiteral(key)) at byte \(offset)"
    case .invalidUTF8(let offset): "invalid UTF-8 in a string at byte \(offset)"
    case .controlCharacter(let byte, let offset):
      "unescaped control character \(JSONError.spelled(byte)) in a string at byte \(offset)"
    case .invalidEscape(let offset): "invalid escape in a string at byte \(offset)"
    case .loneSurrogate(let offset): "half a surrogate pair in a string at byte \(offset)"
    case .notAnUnsignedInteger(let offset):
      "expected a whole number from 0 to \(Int.max) written with digits only at byte \(offset)"
    case .unwritableKey(let key): "cannot write the key \(asciiJSONLiteral(key)): it contains U+0000"
    case .writerOutOfMemory: "out of memory while writing JSON"
    }
  }

  private static func spelled(_ byte: UInt8) -> String {
    (0x21...0x7E).contains(byte) ? "'\(UnicodeScalar(byte))'" : "0x" + String(byte, radix: 16)
  }
}

/// `text` as a JSON string of printable ASCII only, so that it is safe on a terminal.
func asciiJSONLiteral(_ text: String) -> String {
  var literal = "\""
  for unit in text.utf16 {
    switch unit {
    case 0x22, 0x5C: literal += "\\" + String(UnicodeScalar(UInt8(unit)))
    case 0x20...0x7E: literal += String(UnicodeScalar(UInt8(unit)))
    default:
      let digits = String(unit, radix: 16)
      literal += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
  }
  return literal + "\""
}

// A strict pull reader for JSON (RFC 8259). The caller asks for what it expects next, so that a header of any
// number of members is read without building a tree. The only memory it takes is for the strings it returns.
//
// Why not a C library: json-c accepts duplicate keys, single quotes, NaN and lone surrogates, clamps large
// integers, and cuts keys at U+0000; a safetensors header read that way means something else to another reader.

/// What a JSON value is, known from its first byte.
public enum JSONKind: Sendable { case null, bool, number, string, array, object }

/// Bounds on a JSON text.
public struct JSONLimits: Sendable {
  /// Longest text, in bytes.
  public var byteCount: Int
  /// Deepest nesting of arrays and objects.
  public var depth: Int

  public init(byteCount: Int = 256 << 20, depth: Int = 64) {
    self.byteCount = byteCount
    self.depth = depth
  }
}

/// A cursor over borrowed JSON bytes.
///
/// ```swift
/// var reader = try JSONReader(bytes)
/// try reader.beginObject()
/// while let key = try reader.nextKey() { try reader.skipValue() }
/// try reader.finish()
/// ```
///
/// Duplicate keys are the caller's to detect (`JSONValue.init(parsing:)` does): only it knows what it keeps.
public struct JSONReader: ~Escapable {
  let bytes: Span<UInt8>
  private let maximumDepth: Int
  private var depth = 0
  /// Whether no member of the innermost array or object has been read yet.
  private var isFirst = true
  /// Offset of the next byte to read.
  public internal(set) var offset = 0
  /// Offset of the first byte of the string, key or number read last.
  public internal(set) var tokenOffset = 0

  /// A reader at the start of `bytes`.
  /// - Throws: `JSONError.tooLong`.
  @_lifetime(copy bytes)
  public init(_ bytes: Span<UInt8>, limits: JSONLimits = JSONLimits()) throws(JSONError) {
    guard bytes.count <= limits.byteCount else {
      throw .tooLong(byteCount: bytes.count, limit: limits.byteCount)
    }
    self.bytes = bytes
    maximumDepth = limits.depth
  }

  /// A reader at byte `start` of `bytes`, which is inside them or their end. Offsets count from the first byte of
  /// `bytes` all the same: where JSON is a part of a file, errors name the file's bytes.
  /// - Throws: `JSONError.tooLong`.
  @_lifetime(copy bytes)
  public init(_ bytes: RawSpan, from start: Int = 0, limits: JSONLimits = JSONLimits()) throws(JSONError) {
    precondition((0...bytes.byteCount).contains(start), "a reader begins inside its bytes")
    try self.init(unsafe bytes._unsafeView(as: UInt8.self), limits: limits)  // every byte is a UInt8
    offset = start
  }

  /// The kind of the next value, which is not consumed.
  public mutating func peekKind() throws(JSONError) -> JSONKind {
    skipWhitespace()
    switch current {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    default: throw unexpected("a value")
    }
  }

  /// Enters an object.
  public mutating func beginObject() throws(JSONError) { try begin(UInt8(ascii: "{"), "an object") }

  /// The next key of the innermost object, or nil after consuming its closing brace.
  public mutating func nextKey() throws(JSONError) -> String? {
    guard let key = try nextKeyText() else { return nil }
    return string(key)
  }

  /// The next key of the innermost object, left where it stands, or nil after consuming its closing brace.
  public mutating func nextKeyText() throws(JSONError) -> JSONText? {
    guard try advance(until: UInt8(ascii: "}"), "',' or '}'") else { return nil }
    let key = try readText(expected: "a key in quotes")
    skipWhitespace()
    try consume(UInt8(ascii: ":"), "':'")
    return key
  }

  /// Enters an array.
  public mutating func beginArray() throws(JSONError) { try begin(UInt8(ascii: "["), "an array") }

  /// Whether the innermost array has another element; false after consuming its closing bracket.
  public mutating func nextElement() throws(JSONError) -> Bool {
    try advance(until: UInt8(ascii: "]"), "',' or ']'")
  }

  /// A string, unescaped.
  public mutating func readString() throws(JSONError) -> String {
    skipWhitespace()
    return string(try readText(expected: "a string"))
  }

  /// `true` or `false`.
  public mutating func readBool() throws(JSONError) -> Bool {
    skipWhitespace()
    if current == UInt8(ascii: "t") {
      try consume("true")
      return true
    }
    try consume("false")
    return false
  }

  /// `null`.
  public mutating func readNull() throws(JSONError) {
    skipWhitespace()
    try consume("null")
  }

  /// Passes over one value of any kind, checking its syntax but not its keys for duplicates.
  public mutating func skipValue() throws(JSONError) {
    switch try peekKind() {
    case .null: try readNull()
    case .bool: _ = try readBool()
    case .number: _ = try readNumber()
    case .string: _ = try readString()
    case .array:
      try beginArray()
      while try nextElement() { try skipValue() }
    case .object:
      try beginObject()
      while try nextKey() != nil { try skipValue() }
    }
  }

  /// Checks that nothing but white space is left.
  public mutating func finish() throws(JSONError) {
    skipWhitespace()
    guard offset == bytes.count else { throw .trailingBytes(offset: offset) }
  }

  // MARK: Structure

  private mutating func begin(_ bracket: UInt8, _ expected: String) throws(JSONError) {
    skipWhitespace()
    try consume(bracket, expected)
    guard depth < maximumDepth else { throw .tooDeep(limit: maximumDepth, offset: offset - 1) }
    depth += 1
    isFirst = true
  }

  /// Moves to the next member and returns true, or past `bracket` and returns false.
  private mutating func advance(until bracket: UInt8, _ expected: String) throws(JSONError) -> Bool {
    skipWhitespace()
    if current == bracket {
      offset += 1
      depth -= 1
      isFirst = false  // the container just closed was a member of the one around it
      return false
    }
    if !isFirst {
      try consume(UInt8(ascii: ","), expected)
      skipWhitespace()
    }
    isFirst = false
    return true
  }

  // MARK: Bytes

  /// The byte at the cursor; 0, which no JSON token contains, at the end.
  var current: UInt8 { offset < bytes.count ? bytes[offset] : 0 }

  mutating func skipWhitespace() {
    while offset < bytes.count {
      switch bytes[offset] {
      case 0x20, 0x0A, 0x0D, 0x09: offset += 1
      default: return
      }
    }
  }

  mutating func consume(_ byte: UInt8, _ expected: String) throws(JSONError) {
    guard offset < bytes.count, bytes[offset] == byte else { throw unexpected(expected) }
    offset += 1
  }

  private mutating func consume(_ word: StaticString) throws(JSONError) {
    for index in 0..<word.utf8CodeUnitCount {
      try consume(unsafe word.utf8Start[index], "'\(word)'")
    }
  }

  func unexpected(_ expected: String) -> JSONError {
    offset < bytes.count
      ? .unexpectedByte(bytes[offset], expected: expected, offset: offset)
      : .unexpectedEnd(expected: expected, offset: offset)
  }
}

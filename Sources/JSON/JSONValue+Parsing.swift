// From bytes to a JSON value in memory.

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

// A recursive descent parser for literals, over bytes.

struct PythonLiteralParser {
  private let bytes: [UInt8]
  private var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func value(depth: Int) throws(PythonLiteral.Fault) -> PythonLiteral {
    guard depth <= PythonLiteral.depthLimit else { throw fault("less nesting") }
    skipSpace()
    switch current {
    case UInt8(ascii: "["): return .list(try elements(closing: "]", depth: depth))
    case UInt8(ascii: "("): return try tuple(depth: depth)
    case UInt8(ascii: "{"): return .dictionary(try entries(depth: depth))
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return .string(try strings())
    case UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "0")...UInt8(ascii: "9"):
      return .number(try number())
    default: return try word()
    }
  }

  mutating func finish() throws(PythonLiteral.Fault) {
    skipSpace()
    guard offset == bytes.count else { throw fault("the end") }
  }

  // MARK: Containers

  private mutating func elements(closing: Unicode.Scalar, depth: Int) throws(PythonLiteral.Fault) -> [PythonLiteral] {
    offset += 1
    var elements: [PythonLiteral] = []
    while !take(closing) {
      elements.append(try value(depth: depth + 1))
      if take(",") { continue }
      guard take(closing) else { throw fault("',' or '\(closing)'") }
      break
    }
    return elements
  }

  /// `(1)` is its element in parentheses, `(1,)` and `()` are tuples.
  private mutating func tuple(depth: Int) throws(PythonLiteral.Fault) -> PythonLiteral {
    let elements = try elements(closing: ")", depth: depth)
    let hasComma = bytes[..<(offset - 1)].last { !isSpace($0) } == UInt8(ascii: ",")
    return elements.count == 1 && !hasComma ? elements[0] : .list(elements)
  }

  private mutating func entries(depth: Int) throws(PythonLiteral.Fault) -> [PythonLiteral.Entry] {
    offset += 1
    var entries: [PythonLiteral.Entry] = []
    while !take("}") {
      let key = try value(depth: depth + 1)
      guard take(":") else { throw fault("':'") }
      entries.append(PythonLiteral.Entry(key: key, value: try value(depth: depth + 1)))
      if take(",") { continue }
      guard take("}") else { throw fault("',' or '}'") }
      break
    }
    return entries
  }

  // MARK: Scalars

  private mutating func word() throws(PythonLiteral.Fault) -> PythonLiteral {
    let words: [(String, PythonLiteral)] = [
      ("None", .none), ("null", .none), ("True", .bool(true)), ("true", .bool(true)), ("False", .bool(false)),
      ("false", .bool(false)), ("nan", .none), ("NaN", .none),
    ]
    for (word, value) in words where bytes[offset...].starts(with: word.utf8) {
      let end = offset + word.utf8.count
      guard end == bytes.count || !isWordByte(bytes[end]) else { continue }
      offset = end
      return value
    }
    throw fault("a value")
  }

  private mutating func number() throws(PythonLiteral.Fault) -> String {
    let start = offset
    while offset < bytes.count, isWordByte(bytes[offset]) || "+-.".utf8.contains(bytes[offset]) {
      // A sign belongs to the number only in front and behind an exponent's e.
      if offset > start, "+-".utf8.contains(bytes[offset]), bytes[offset - 1] | 0x20 != UInt8(ascii: "e") { break }
      offset += 1
    }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    guard Double(text) != nil, text.utf8.contains(where: { (0x30...0x39).contains($0) }) else {
      offset = start
      throw fault("a number")
    }
    return text
  }

  /// One string, or several side by side, which Python joins.
  private mutating func strings() throws(PythonLiteral.Fault) -> String {
    var text: [UInt8] = []
    repeat {
      try string(into: &text)
      skipSpace()
    } while current == UInt8(ascii: "'") || current == UInt8(ascii: "\"")
    guard let string = String(validating: text, as: UTF8.self) else { throw fault("UTF-8") }
    return string
  }

  private mutating func string(into text: inout [UInt8]) throws(PythonLiteral.Fault) {
    let quote = bytes[offset]
    offset += 1
    while offset < bytes.count, bytes[offset] != quote, bytes[offset] != UInt8(ascii: "\n") {
      guard bytes[offset] == UInt8(ascii: "\\") else {
        text.append(bytes[offset])
        offset += 1
        continue
      }
      offset += 1
      try escape(into: &text)
    }
    guard current == quote else { throw fault("a closing quote") }
    offset += 1
  }

  /// The escape whose backslash was just passed. Python keeps a backslash in front of anything it does not
  /// know.
  private mutating func escape(into text: inout [UInt8]) throws(PythonLiteral.Fault) {
    guard offset < bytes.count else { throw fault("the rest of an escape") }
    let letter = bytes[offset]
    offset += 1
    switch letter {
    case UInt8(ascii: "\n"): break
    case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): text.append(letter)
    case UInt8(ascii: "/"): text.append(contentsOf: [UInt8(ascii: "\\"), letter])
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "a"): text.append(0x07)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "v"): text.append(0x0B)
    case UInt8(ascii: "x"): append(try scalar(digits: 2), to: &text)
    case UInt8(ascii: "u"): append(try unicode(), to: &text)
    case UInt8(ascii: "U"): append(try scalar(digits: 8), to: &text)
    case UInt8(ascii: "0")...UInt8(ascii: "7"): append(octal(letter), to: &text)
    default: text.append(contentsOf: [UInt8(ascii: "\\"), letter])
    }
  }

  private mutating func octal(_ first: UInt8) -> UInt32 {
    var value = UInt32(first - UInt8(ascii: "0"))
    for _ in 0..<2 where (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(current) {
      value = value * 8 + UInt32(current - UInt8(ascii: "0"))
      offset += 1
    }
    return value
  }

  /// The value behind `\u`; a pair of surrogates, as JSON writes them, is one scalar.
  private mutating func unicode() throws(PythonLiteral.Fault) -> UInt32 {
    let high = try scalar(digits: 4)
    guard (0xD800..<0xDC00).contains(high), bytes[offset...].starts(with: "\\u".utf8) else { return high }
    offset += 2
    let low = try scalar(digits: 4)
    guard (0xDC00..<0xE000).contains(low) else { throw fault("the other half of a surrogate pair") }
    return 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)
  }

  private mutating func scalar(digits: Int) throws(PythonLiteral.Fault) -> UInt32 {
    let end = offset + digits
    guard end <= bytes.count, bytes[offset..<end].allSatisfy({ UnicodeScalar($0).properties.isASCIIHexDigit }),
      let value = UInt32(String(decoding: bytes[offset..<end], as: UTF8.self), radix: 16)
    else { throw fault("\(digits) hexadecimal digits") }
    offset = end
    return value
  }

  /// A lone surrogate, which Python can hold and UTF-8 cannot, becomes U+FFFD.
  private func append(_ value: UInt32, to text: inout [UInt8]) {
    text.append(contentsOf: (Unicode.Scalar(value) ?? "\u{FFFD}").utf8)
  }

  // MARK: Bytes

  /// The byte at the cursor; 0, which begins nothing, at the end.
  private var current: UInt8 { offset < bytes.count ? bytes[offset] : 0 }

  private mutating func skipSpace() {
    while offset < bytes.count, isSpace(bytes[offset]) { offset += 1 }
  }

  private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  private func isWordByte(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: "_") || byte >= 0x80
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    skipSpace()
    guard offset < bytes.count, UInt32(bytes[offset]) == scalar.value else { return false }
    offset += 1
    return true
  }

  private func fault(_ expected: String) -> PythonLiteral.Fault {
    PythonLiteral.Fault(expected: expected, offset: offset)
  }
}

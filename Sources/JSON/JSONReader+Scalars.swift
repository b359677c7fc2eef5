// Strings and numbers of the pull reader. Strings may be compared or copied without being made: a header of a
// million tensors has four million of them.

extension JSONReader {
  /// A number with its literal.
  public mutating func readNumber() throws(JSONError) -> JSONNumber {
    skipWhitespace()
    tokenOffset = offset
    if current == UInt8(ascii: "-") { offset += 1 }
    if current == UInt8(ascii: "0") { offset += 1 } else { try skipDigits() }
    if current == UInt8(ascii: ".") {
      offset += 1
      try skipDigits()
    }
    if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
      offset += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { offset += 1 }
      try skipDigits()
    }
    return JSONNumber(checked: try text(tokenOffset..<offset))
  }

  /// A whole number from 0 to `Int.max`, written with digits only: `1.0`, `1e3` and `-0` are refused.
  public mutating func readUnsignedInteger() throws(JSONError) -> Int {
    skipWhitespace()
    tokenOffset = offset
    let refusal = JSONError.notAnUnsignedInteger(offset: offset)
    guard isDigit(current) else { throw current == UInt8(ascii: "-") ? refusal : unexpected("a digit") }
    let isZero = current == UInt8(ascii: "0")
    var value = 0
    while isDigit(current) {
      let (product, isTooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, isStillTooLarge) = product.addingReportingOverflow(Int(current - UInt8(ascii: "0")))
      guard !isTooLarge, !isStillTooLarge else { throw refusal }
      value = sum
      offset += 1
    }
    let hasLeadingZero = isZero && offset > tokenOffset + 1
    switch current {
    case _ where hasLeadingZero, UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): throw refusal
    default: return value
    }
  }

  private mutating func skipDigits() throws(JSONError) {
    guard isDigit(current) else { throw unexpected("a digit") }
    while isDigit(current) { offset += 1 }
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

  /// A string at the cursor. Leaves `tokenOffset` at its opening quote.
  mutating func readText(expected: String) throws(JSONError) -> JSONText {
    tokenOffset = offset
    try consume(UInt8(ascii: "\""), expected)
    var end = offset
    var isEscaped = false
    var bits: UInt8 = 0
    while end < bytes.count {
      let byte = bytes[end]
      if byte == UInt8(ascii: "\"") {
        let range = offset..<end
        offset = end + 1
        if isEscaped { return JSONText(range: range, decoded: try unescaped(range)) }
        return JSONText(range: range, decoded: bits < 0x80 ? nil : try text(range))
      }
      guard byte >= 0x20 else { throw .controlCharacter(byte, offset: end) }
      if byte == UInt8(ascii: "\\") {
        isEscaped = true
        end += 1  // the escaped character, be it a quote, cannot end the string
      }
      bits |= byte
      end += 1
    }
    offset = bytes.count
    throw .unexpectedEnd(expected: "'\"'", offset: offset)
  }

  private func text(_ range: Range<Int>) throws(JSONError) -> String {
    do throws(UTF8.ValidationError) {
      return String(copying: try UTF8Span(validating: bytes.extracting(range)))
    } catch {
      throw .invalidUTF8(offset: range.lowerBound + error.byteOffsets.lowerBound)
    }
  }

  /// Escapes are ASCII, so the text is checked as UTF-8 before they are replaced; what replaces them is valid.
  private func unescaped(_ range: Range<Int>) throws(JSONError) -> String {
    _ = try text(range)
    var result: [UInt8] = []
    result.reserveCapacity(range.count)
    var index = range.lowerBound
    while index < range.upperBound {
      if bytes[index] == UInt8(ascii: "\\") {
        result.append(contentsOf: Array(String(try scalar(escapedAt: &index, in: range)).utf8))
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Reads one escape, two for a surrogate pair, and moves `index` past it.
  private func scalar(escapedAt index: inout Int, in range: Range<Int>) throws(JSONError) -> UnicodeScalar {
    let start = index
    index += 2  // the scan for the closing quote guarantees a byte after the backslash
    switch bytes[start + 1] {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default: throw .invalidEscape(offset: start)
    }
    let first = try codeUnit(at: &index, in: range, escape: start)
    if let scalar = UnicodeScalar(first) { return scalar }
    guard first < 0xDC00, index + 1 < range.upperBound, bytes[index] == UInt8(ascii: "\\"),
      bytes[index + 1] == UInt8(ascii: "u")
    else { throw .loneSurrogate(offset: start) }
    index += 2
    let second = try codeUnit(at: &index, in: range, escape: index - 2)
    guard (0xDC00...0xDFFF).contains(second),
      let scalar = UnicodeScalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
    else { throw .loneSurrogate(offset: start) }
    return scalar
  }

  /// The four hexadecimal digits of `\uXXXX`.
  private func codeUnit(at index: inout Int, in range: Range<Int>, escape: Int) throws(JSONError) -> UInt16 {
    guard index + 4 <= range.upperBound else { throw .invalidEscape(offset: escape) }
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let digit = hexadecimalValue(bytes[index]) else { throw .invalidEscape(offset: escape) }
      unit = unit << 4 | digit
      index += 1
    }
    return unit
  }

  private func hexadecimalValue(_ byte: UInt8) -> UInt16? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A") + 10)
    default: nil
    }
  }
}

/// A string of a JSON text, left where it stands if that can be. The `JSONReader` that has read it knows the bytes.
public struct JSONText: Sendable {
  /// The bytes between the quotes.
  fileprivate let range: Range<Int>
  /// The string if it has escapes or is not ASCII; nil if the bytes between the quotes are the string.
  public let decoded: String?
}

extension JSONReader {
  /// `text`, which this reader has read, as a string.
  public func string(_ text: JSONText) -> String {
    if let string = text.decoded { return string }
    return unsafe String(copying: UTF8Span(unchecked: bytes.extracting(text.range), isKnownASCII: true))
  }

  /// Whether `text`, which this reader has read, is `literal`.
  public func matches(_ text: JSONText, _ literal: StaticString) -> Bool {
    let count = literal.utf8CodeUnitCount
    if let string = text.decoded { return literal.withUTF8Buffer { unsafe string.utf8.elementsEqual($0) } }
    return text.range.count == count
      && (0..<count).allSatisfy { unsafe bytes[text.range.lowerBound + $0] == literal.utf8Start[$0] }
  }

  /// Appends the UTF-8 of `text`, which this reader has read.
  public func append(_ text: JSONText, to result: inout [UInt8]) {
    if let string = text.decoded { return result.append(contentsOf: string.utf8) }
    unsafe bytes.extracting(text.range).withUnsafeBufferPointer { unsafe result.append(contentsOf: $0) }
  }
}

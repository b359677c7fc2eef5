// Strings that are compared or copied but not kept: a header of a million tensors has four million of them.

/// A string of a JSON text, left where it stands if that can be. The `JSONReader` that has read it knows the bytes.
public struct JSONText: Sendable {
  /// The bytes between the quotes.
  let range: Range<Int>
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

// Bytes as a dictionary key.

/// A string compared byte by byte. `String` would not do as a key for tokens: Swift takes canonically equivalent
/// strings, such as a composed and a decomposed "é", for equal, and they are two different tokens.
struct ByteString: Hashable, Sendable {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }
  init(_ text: String) { bytes = Array(text.utf8) }

  /// The bytes as text, with U+FFFD for what is not UTF-8.
  var text: String { String(decoding: bytes, as: UTF8.self) }

  static func + (left: ByteString, right: ByteString) -> ByteString { ByteString(left.bytes + right.bytes) }

  /// Feeds eight bytes at a time: several times faster than hashing an array of bytes.
  func hash(into hasher: inout Hasher) {
    var word: UInt64 = 0
    for (index, byte) in bytes.enumerated() {
      word = word << 8 | UInt64(byte)
      if index % 8 == 7 {
        hasher.combine(word)
        word = 0
      }
    }
    hasher.combine(word)
    hasher.combine(bytes.count)
  }
}

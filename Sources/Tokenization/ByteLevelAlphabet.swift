// The GPT-2 alphabet: 256 printable characters that stand for the 256 bytes in a vocabulary file.
// Source: `bytes_to_unicode` in openai/gpt-2, src/encoder.py.

/// Bytes spelled as printable characters, so that a vocabulary of byte strings can be kept as JSON text.
///
/// Printable bytes of Latin-1 stand for themselves; the other 68, in order, are U+0100 and up.
enum ByteLevelAlphabet {
  /// The character of each byte.
  static let scalars: [Unicode.Scalar] = {
    var next: UInt8 = 0
    return (0...UInt8.max).map { byte in
      if isPrintable(byte) { return Unicode.Scalar(byte) }
      defer { next += 1 }
      return Unicode.Scalar(firstSubstitute + UInt16(next)) ?? "\u{FFFD}"
    }
  }()

  /// The UTF-8 spelling of each byte.
  private static let spellings: [[UInt8]] = scalars.map { Array(String($0).utf8) }

  /// The byte of each character below U+0144, -1 where there is none.
  private static let bytes: [Int16] = {
    var bytes = [Int16](repeating: -1, count: scalars.count + Int(firstSubstitute))
    for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar.value)] = Int16(byte) }
    return bytes
  }()

  private static let firstSubstitute: UInt16 = 0x100

  /// The bytes spelled with the alphabet, in UTF-8.
  static func spell(_ bytes: some Sequence<UInt8>) -> ByteString {
    var spelling: [UInt8] = []
    for byte in bytes { spelling += spellings[Int(byte)] }
    return ByteString(spelling)
  }

  /// The bytes that a token stands for. A token with a character outside the alphabet stands for its own UTF-8, as
  /// in Hugging Face's ByteLevel decoder.
  static func bytes(of spelling: ByteString) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(spelling.bytes.count)
    for scalar in spelling.text.unicodeScalars {
      guard scalar.value < bytes.count, let byte = UInt8(exactly: bytes[Int(scalar.value)]) else {
        return spelling.bytes
      }
      result.append(byte)
    }
    return result
  }

  private static func isPrintable(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: true
    default: false
    }
  }
}

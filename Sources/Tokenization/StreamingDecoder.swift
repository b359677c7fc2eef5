// Token ids to text while a model is still writing.

/// Turns tokens into text one by one, keeping back bytes that the next token may complete to a character.
///
/// What all calls return, joined, is what `Tokenizer.decode` gives for all tokens together.
public struct StreamingDecoder: Sendable {
  private let tokenizer: Tokenizer
  private let skipsSpecialTokens: Bool
  private var pending: [UInt8] = []

  init(tokenizer: Tokenizer, skipsSpecialTokens: Bool) {
    self.tokenizer = tokenizer
    self.skipsSpecialTokens = skipsSpecialTokens
  }

  /// The text that is certain after one more token; empty in the middle of a character.
  public mutating func append(_ id: Int) -> String {
    pending += tokenizer.bytes(of: id, skippingSpecialTokens: skipsSpecialTokens)
    let certain = pending.count - Self.incompleteSuffix(of: pending)
    defer { pending.removeFirst(certain) }
    return String(decoding: pending[..<certain], as: UTF8.self)
  }

  /// What was kept back, with U+FFFD for bytes that are no character. The decoder is as new afterwards.
  public mutating func finish() -> String {
    defer { pending = [] }
    return String(decoding: pending, as: UTF8.self)
  }

  /// Number of bytes at the end that start a character without completing it: 0 to 3.
  private static func incompleteSuffix(of bytes: [UInt8]) -> Int {
    for (index, byte) in bytes.reversed().prefix(3).enumerated() where byte & 0xC0 != 0x80 {
      let length =
        switch byte {
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 1
        }
      return index + 1 < length ? index + 1 : 0
    }
    return 0
  }
}

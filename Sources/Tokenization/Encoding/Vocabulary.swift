// The tokens of a byte-pair model by id and by spelling. They are spelled in the GPT-2 alphabet: 256
// printable characters that stand for the 256 bytes in a vocabulary file (`bytes_to_unicode` in openai/gpt-2,
// src/encoder.py).

/// Tokens as a vocabulary file spells them: byte strings in the GPT-2 alphabet, in UTF-8.
struct Vocabulary: Sendable {
  /// The most ids a tokenizer may use; the largest known has a quarter of it. It bounds what is allocated.
  static let maximumCount = 1 << 20
  /// The most bytes a token's spelling may have.
  static let maximumSpelling = 1 << 16

  /// Spellings by id; nil where no token has that id.
  private(set) var spellings: [ByteString?] = []
  private var ids: [ByteString: Int] = [:]

  /// One more than the largest id.
  var count: Int { spellings.count }

  /// The token's id.
  func id(of spelling: ByteString) -> Int? { ids[spelling] }

  /// The token's spelling; nil for an id without token, whatever the id.
  func spelling(of id: Int) -> ByteString? { spellings.indices.contains(id) ? spellings[id] : nil }

  init(capacity: Int) {
    ids.reserveCapacity(capacity)
    spellings.reserveCapacity(capacity)
  }

  /// Adds a token of `file`.
  /// - Throws: `TokenizerError` if the id is out of range or taken, or the spelling is empty or too long.
  mutating func insert(_ token: String, id: Int?, key: String, file: String) throws(TokenizerError) {
    let spelling = ByteString(token)
    guard let id, (0..<Self.maximumCount).contains(id) else {
      throw .invalid(
        file: file, key: "\(key)[\(quoted(token))]", expected: "an id from 0 to \(Self.maximumCount - 1)",
        found: id.map(String.init) ?? "something else")
    }
    guard (1...Self.maximumSpelling).contains(spelling.bytes.count) else {
      throw .invalid(
        file: file, key: key, expected: "tokens of 1 to \(Self.maximumSpelling) bytes",
        found: "\(quoted(token)) of \(spelling.bytes.count)")
    }
    if id >= spellings.count {
      spellings += repeatElement(nil, count: id + 1 - spellings.count)
    }
    if let other = spellings[id] {
      throw .duplicateID(file: file, id: id, first: quoted(other.text), second: quoted(token))
    }
    if let other = ids.updateValue(id, forKey: spelling) {
      throw .conflictingIDs(file: file, token: quoted(token), first: other, second: id)
    }
    spellings[id] = spelling
  }
}

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

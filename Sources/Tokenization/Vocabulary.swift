// The tokens of a byte-pair model by id and by spelling.

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

// Which pairs of tokens merge, and in what order.

/// The merges of a byte-pair model: for two neighbouring tokens, the merge's rank and the token they become.
struct MergeTable: Sendable {
  /// One merge. Lower ranks are applied first.
  struct Merge: Sendable, Equatable {
    let rank: Int32
    let result: Int32
  }

  private var merges: [UInt64: Merge] = [:]
  private var nextRank: Int32 = 0

  init(capacity: Int) { merges.reserveCapacity(capacity) }

  /// The merge of two tokens, if they merge.
  func merge(_ left: Int32, _ right: Int32) -> Merge? { merges[Self.key(left, right)] }

  /// Appends the merge of two spellings with the next rank. A repeated pair takes the later rank, as in Hugging Face.
  /// - Throws: `TokenizerError` if one of the three tokens is not in `vocabulary`.
  mutating func append(
    _ left: ByteString, _ right: ByteString, in vocabulary: Vocabulary, key: String, file: String
  ) throws(TokenizerError) {
    func id(_ spelling: ByteString) throws(TokenizerError) -> Int32 {
      guard let id = vocabulary.id(of: spelling) else {
        throw .invalid(
          file: file, key: "\(key)[\(nextRank)]", expected: "tokens of the vocabulary",
          found: quoted(spelling.text))
      }
      return Int32(id)
    }
    let pair = Self.key(try id(left), try id(right))
    merges[pair] = Merge(rank: nextRank, result: try id(left + right))
    nextRank += 1
  }

  /// The pairs that merge, by rank.
  var ordered: [(left: Int, right: Int)] {
    merges.sorted { $0.value.rank < $1.value.rank }.map { pair, _ in
      (Int(pair >> 32), Int(pair & UInt64(UInt32.max)))
    }
  }

  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }
}

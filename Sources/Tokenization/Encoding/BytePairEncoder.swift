// Byte-pair encoding of one piece of text: which pairs of tokens merge, and in what order.
// Follows `BPE::tokenize` and `Word::merge_all` of huggingface/tokenizers, tokenizers/src/models/bpe.

/// Turns the bytes of a piece into token ids by merging neighbours, lowest rank first.
struct BytePairEncoder: Sendable {
  private let vocabulary: Vocabulary
  let merges: MergeTable
  let ignoresMerges: Bool
  /// The token of each single byte; -1 for bytes without one, which are dropped as in huggingface/tokenizers
  /// (SmolLM2's vocabulary lacks some control characters).
  private let byteTokens: [Int32]

  /// - Parameter ignoresMerges: A piece that is a token as a whole becomes that token without merging (Llama 3).
  /// - Throws: `TokenizerError` if a printable ASCII character has no token: then this is no byte-level vocabulary.
  init(vocabulary: Vocabulary, merges: MergeTable, ignoresMerges: Bool, file: String) throws(TokenizerError) {
    var byteTokens: [Int32] = []
    for byte in UInt8.min...UInt8.max {
      let id = vocabulary.id(of: ByteLevelAlphabet.spell([byte]))
      guard id != nil || !(0x20...0x7E).contains(byte) else {
        throw .unsupported(
          file: file, what: "a vocabulary without a token for byte \(byte)",
          advice: "only byte-level vocabularies are read, where every printable character has a token")
      }
      byteTokens.append(id.map(Int32.init) ?? -1)
    }
    self.byteTokens = byteTokens
    self.vocabulary = vocabulary
    self.merges = merges
    self.ignoresMerges = ignoresMerges
  }

  /// Appends the tokens of `piece`, which is UTF-8.
  ///
  /// - Complexity: O(n log n) for n bytes, also for long runs of one character.
  func encode(_ piece: [UInt8], into ids: inout [Int]) {
    if ignoresMerges, let id = vocabulary.id(of: ByteLevelAlphabet.spell(piece)) {
      ids.append(id)
      return
    }
    let tokens = piece.map { byteTokens[Int($0)] }.filter { $0 >= 0 }
    var chain = TokenChain(tokens)
    var queue = MergeQueue()
    for position in tokens.indices { enqueueMerge(at: position, of: chain, into: &queue) }
    while let candidate = queue.popFirst() {
      guard let merge = chain.pair(at: candidate.position).flatMap({ merges.merge($0.left, $0.right) }),
        merge.rank == candidate.rank
      else { continue }  // one of the two has merged with another neighbour since
      let previous = chain.mergePair(at: candidate.position, into: merge.result)
      if let previous { enqueueMerge(at: previous, of: chain, into: &queue) }
      enqueueMerge(at: candidate.position, of: chain, into: &queue)
    }
    chain.appendTokens(to: &ids)
  }

  private func enqueueMerge(at position: Int, of chain: TokenChain, into queue: inout MergeQueue) {
    guard let pair = chain.pair(at: position), let merge = merges.merge(pair.left, pair.right) else { return }
    queue.insert(MergeQueue.Candidate(rank: merge.rank, position: position))
  }
}

/// The tokens of a piece as a doubly linked list, so that a merge takes constant time.
private struct TokenChain {
  private var tokens: [Int32]
  /// Position of the next token; the piece's length at the end.
  private var next: [Int]
  private var previous: [Int]
  /// Whether the token at a position has been merged into an earlier one.
  private var isGone: [Bool]

  init(_ tokens: [Int32]) {
    self.tokens = tokens
    next = Array(1..<tokens.count + 1)
    previous = Array(-1..<tokens.count - 1)
    isGone = Array(repeating: false, count: tokens.count)
  }

  /// The token at a position and its right neighbour; nil if either is missing.
  func pair(at position: Int) -> (left: Int32, right: Int32)? {
    guard !isGone[position], next[position] < tokens.count else { return nil }
    return (tokens[position], tokens[next[position]])
  }

  /// Replaces a pair by one token.
  /// - Returns: The position of the token before it, if there is one.
  mutating func mergePair(at position: Int, into token: Int32) -> Int? {
    let right = next[position]
    tokens[position] = token
    isGone[right] = true
    next[position] = next[right]
    if next[right] < tokens.count { previous[next[right]] = position }
    return previous[position] < 0 ? nil : previous[position]
  }

  func appendTokens(to ids: inout [Int]) {
    var position = 0
    while position < tokens.count {
      ids.append(Int(tokens[position]))
      position = next[position]
    }
  }
}

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

/// Merges that may be applied; the lowest rank comes first, the leftmost among equals.
private struct MergeQueue {
  /// A merge of the token at `position` with its right neighbour.
  struct Candidate: Comparable {
    let rank: Int32
    let position: Int

    static func < (left: Candidate, right: Candidate) -> Bool {
      (left.rank, left.position) < (right.rank, right.position)
    }
  }

  /// Every parent at i comes before its children at 2i+1 and 2i+2.
  private var heap: [Candidate] = []

  mutating func insert(_ candidate: Candidate) {
    heap.append(candidate)
    var child = heap.count - 1
    while child > 0, heap[child] < heap[(child - 1) / 2] {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func popFirst() -> Candidate? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    if heap.isEmpty { return first }
    heap[0] = last
    var parent = 0
    while let child = firstChild(of: parent), heap[child] < heap[parent] {
      heap.swapAt(child, parent)
      parent = child
    }
    return first
  }

  private func firstChild(of parent: Int) -> Int? {
    let (left, right) = (2 * parent + 1, 2 * parent + 2)
    guard left < heap.count else { return nil }
    return right < heap.count && heap[right] < heap[left] ? right : left
  }
}

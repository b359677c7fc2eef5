// Text to token ids and back, as Hugging Face's tokenizers do it for byte-level BPE models; back also one by
// one, while a model is still writing.
public import Storage

/// A byte-level BPE tokenizer: Qwen2, Qwen3, Llama 3, SmolLM2, GPT-2 and what descends from them.
public struct Tokenizer: Sendable {
  /// The token that some models expect before every text, if the files name one.
  public let beginTokenID: Int?
  /// The token after which a model stops, if the files name one; a chat template may have others.
  public let endTokenID: Int?
  /// Whether the files ask for the begin token before every text.
  public let addsBeginTokenByDefault: Bool
  /// One more than the largest id. The model's logits may have more rows; those have no token.
  public let vocabularySize: Int

  private let vocabulary: Vocabulary
  let encoder: BytePairEncoder
  let splitRules: [SplitRule]
  let composesCanonically: Bool
  let addedTokens: [Int: AddedToken]
  private let addedTokenIDs: [ByteString: Int]
  /// Finds added tokens in the text as it is given.
  private let rawMatcher: AddedTokenMatcher
  /// Finds those that are to be found in normalized text.
  private let normalizedMatcher: AddedTokenMatcher

  /// Reads tokenizer.json, or vocab.json with merges.txt; and tokenizer_config.json if there is one.
  /// - Throws: `TokenizerError`, or what `files` throws.
  public init(files: any NamedFiles) throws {
    try self.init(TokenizerDefinition(files: files))
  }

  private init(_ definition: TokenizerDefinition) throws(TokenizerError) {
    vocabulary = definition.vocabulary
    encoder = try BytePairEncoder(
      vocabulary: definition.vocabulary, merges: definition.merges, ignoresMerges: definition.ignoresMerges,
      file: definition.file)
    splitRules = definition.splitRules
    composesCanonically = definition.composesCanonically
    let tokens = definition.addedTokens
    addedTokens = Dictionary(tokens.map { ($0.id, $0) }) { first, _ in first }
    addedTokenIDs = Dictionary(tokens.map { (ByteString($0.content), $0.id) }) { first, _ in first }
    rawMatcher = AddedTokenMatcher(tokens.filter { !$0.isNormalized })
    let composes = definition.composesCanonically
    normalizedMatcher = AddedTokenMatcher(tokens.filter(\.isNormalized)) {
      composes ? CanonicalComposition.compose($0) : $0
    }
    beginTokenID = definition.beginToken
    endTokenID = definition.endToken
    addsBeginTokenByDefault = definition.addsBeginToken
    vocabularySize = max(definition.vocabulary.count, (tokens.map(\.id).max() ?? -1) + 1)
  }

  /// The ids of a text.
  ///
  /// - Parameters:
  ///   - recognisesSpecialTokens: Whether special tokens such as `<|im_start|>` written out in the text become their
  ///     ids, also where a user typed them. Added tokens that are not special, such as `<think>`, always do.
  ///   - addsBeginToken: Whether the begin token comes first. It is not doubled if the text starts with it.
  public func encode(
    _ text: String, recognisesSpecialTokens: Bool = true, addsBeginToken: Bool = false
  ) -> [Int] {
    var ids: [Int] = []
    let scalars = Array(text.unicodeScalars)
    for segment in rawMatcher.segments(of: scalars, recognisesSpecialTokens: recognisesSpecialTokens) {
      switch segment {
      case .token(let id): ids.append(id)
      case .text(let range):
        encodeNormalizing(Array(scalars[range]), recognisesSpecialTokens: recognisesSpecialTokens, into: &ids)
      }
    }
    if addsBeginToken, let beginTokenID, ids.first != beginTokenID { ids.insert(beginTokenID, at: 0) }
    return ids
  }

  /// The text of ids. Ids without token give nothing; bytes that are not UTF-8 give U+FFFD.
  public func decode(_ ids: some Sequence<Int>, skippingSpecialTokens: Bool = true) -> String {
    var bytes: [UInt8] = []
    for id in ids { bytes += self.bytes(of: id, skippingSpecialTokens: skippingSpecialTokens) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A decoder for ids that arrive one by one.
  public func streamingDecoder(skippingSpecialTokens: Bool = true) -> StreamingDecoder {
    StreamingDecoder(tokenizer: self, skipsSpecialTokens: skippingSpecialTokens)
  }

  /// The id of a token, spelled as in the tokenizer's files: `<img>`, `Ġthe`. Compared byte by byte.
  public func id(of token: String) -> Int? {
    let spelling = ByteString(token)
    return addedTokenIDs[spelling] ?? vocabulary.id(of: spelling)
  }

  /// The token of an id, spelled as in the tokenizer's files; nil if there is none.
  public func token(_ id: Int) -> String? {
    addedTokens[id]?.content ?? vocabulary.spelling(of: id)?.text
  }

  /// The same byte by byte, for comparisons: `String` would take two spellings of an é for one.
  func spelling(of id: Int) -> ByteString? {
    addedTokens[id].map { ByteString($0.content) } ?? vocabulary.spelling(of: id)
  }

  /// Whether an id is that of a special token, which decoding skips.
  public func isSpecial(_ id: Int) -> Bool { addedTokens[id]?.isSpecial ?? false }

  /// The ids of all special tokens, ascending.
  public var specialTokenIDs: [Int] { addedTokens.values.filter(\.isSpecial).map(\.id).sorted() }

  /// The bytes that a token stands for.
  ///
  /// An added token stands for its own text, in normalized form if it is searched for in that. (Hugging Face takes
  /// it for a spelling in the byte alphabet, and so loses a letter such as é.)
  func bytes(of id: Int, skippingSpecialTokens: Bool) -> [UInt8] {
    guard let token = addedTokens[id] else {
      return vocabulary.spelling(of: id).map(ByteLevelAlphabet.bytes(of:)) ?? []
    }
    if skippingSpecialTokens, token.isSpecial { return [] }
    guard token.isNormalized else { return Array(token.content.utf8) }
    return normalized(Array(token.content.unicodeScalars)).flatMap { Array($0.utf8) }
  }

  private func encodeNormalizing(
    _ raw: [Unicode.Scalar], recognisesSpecialTokens: Bool, into ids: inout [Int]
  ) {
    let scalars = normalized(raw)
    for segment in normalizedMatcher.segments(of: scalars, recognisesSpecialTokens: recognisesSpecialTokens) {
      switch segment {
      case .token(let id): ids.append(id)
      case .text(let range): encodePieces(of: ScalarText(Array(scalars[range])), into: &ids)
      }
    }
  }

  private func normalized(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    composesCanonically ? CanonicalComposition.compose(text) : text
  }

  private func encodePieces(of text: ScalarText, into ids: inout [Int]) {
    let whole = [0..<text.scalars.count]
    let pieces = splitRules.reduce(whole) { pieces, rule in pieces.flatMap { rule.split($0, of: text) } }
    for piece in pieces { encoder.encode(text.utf8(piece), into: &ids) }
  }
}

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

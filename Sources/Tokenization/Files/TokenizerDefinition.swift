// What the files of a tokenizer say, checked, whichever set of files it was.
import JSON
import Storage

/// A byte-level BPE tokenizer as data.
struct TokenizerDefinition {
  /// The file that errors of the whole definition are blamed on.
  var file: String
  var vocabulary: Vocabulary
  var merges: MergeTable
  var ignoresMerges = false
  var addedTokens: [AddedToken]
  /// Whether text is brought into Unicode normalization form C.
  var composesCanonically: Bool
  var splitRules: [SplitRule]
  var beginToken: Int?
  var endToken: Int?
  /// The tokens that fill up batches, and that stand for what has no token; only tokenizer_config.json names them.
  var paddingToken: Int?, unknownToken: Int?
  /// Whether the model expects the begin token before every text.
  var addsBeginToken = false

  /// Reads tokenizer.json if there is one, else vocab.json, merges.txt and added_tokens.json; in both cases
  /// tokenizer_config.json too.
  /// - Throws: `TokenizerError`, or what `files` throws.
  init(files: any NamedFiles) throws {
    let config = try JSONSection(file: "tokenizer_config.json", in: files)
    if let document = try JSONSection(file: "tokenizer.json", in: files) {
      try self.init(tokenizerJSON: document)
      try AddedTokenList(addedTokens, file: file).check(against: vocabulary)
      try addTokens(listed: JSONSection(file: "added_tokens.json", in: files), config)
    } else if let vocabulary = try JSONSection(file: "vocab.json", in: files),
      let merges = try JSONSection.bytes(of: "merges.txt", in: files)
    {
      try self.init(
        vocabulary: vocabulary, merges: merges, addedTokens: JSONSection(file: "added_tokens.json", in: files),
        config: config)
    } else {
      throw TokenizerError.missingFiles
    }
    try AddedTokenList(addedTokens, file: file).check(against: vocabulary)
    if let config { try apply(config) }
  }

  /// Takes the begin and end tokens of tokenizer_config.json, which transformers lets win.
  private mutating func apply(_ config: JSONSection) throws(TokenizerError) {
    if let token = try config.tokenContent("bos_token") { beginToken = id(of: token) ?? beginToken }
    if let token = try config.tokenContent("eos_token") { endToken = id(of: token) }
    paddingToken = config.tokenName("pad_token").flatMap { id(of: $0) }
    unknownToken = config.tokenName("unk_token").flatMap { id(of: $0) }
    addsBeginToken = try config.bool("add_bos_token", default: addsBeginToken) && beginToken != nil
  }

  /// The id of an added token or of a token of the vocabulary.
  private func id(of token: String) -> Int? {
    let spelling = ByteString(token)
    return addedTokens.first { ByteString($0.content) == spelling }?.id ?? vocabulary.id(of: spelling)
  }
}

extension JSONSection {
  /// A token given as a string, or as an object with a `content`.
  func tokenContent(_ key: String) throws(TokenizerError) -> String? {
    guard let value = value(key) else { return nil }
    if let text = value.stringValue { return text }
    return try section(key)?.string("content")
  }

  /// The same of a token that nothing here is computed with: what is no token is none.
  func tokenName(_ key: String) -> String? { value(key)?.stringValue ?? value(key)?["content"]?.stringValue }

  /// The flags of an added token, in the order tokenizers writes them.
  func addedToken(id: Int, content: String) throws(TokenizerError) -> AddedToken {
    AddedToken(
      id: id, content: content, isSpecial: try bool("special"), stripsLeft: try bool("lstrip"),
      stripsRight: try bool("rstrip"), isNormalized: try bool("normalized"),
      isSingleWord: try bool("single_word"))
  }
}

/// Added tokens of one file, whose ids must be unique among themselves and in the vocabulary.
struct AddedTokenList {
  private let tokens: [AddedToken]
  private let file: String

  init(_ tokens: [AddedToken], file: String) {
    self.tokens = tokens
    self.file = file
  }

  /// - Throws: `TokenizerError` if an id or a token appears twice, or the vocabulary says otherwise.
  func check(against vocabulary: Vocabulary) throws(TokenizerError) {
    var ids: [ByteString: Int] = [:]
    var contents: [Int: String] = [:]
    for token in tokens {
      let spelling = ByteString(token.content)
      guard (0..<Vocabulary.maximumCount).contains(token.id),
        (1...Vocabulary.maximumSpelling).contains(spelling.bytes.count)
      else {
        throw .invalid(
          file: file, key: "added token \(quoted(token.content))",
          expected: "1 to \(Vocabulary.maximumSpelling) bytes and an id from 0 to \(Vocabulary.maximumCount - 1)",
          found: "id \(token.id) and \(spelling.bytes.count) bytes")
      }
      if let other = contents.updateValue(token.content, forKey: token.id) {
        throw .duplicateID(file: file, id: token.id, first: quoted(other), second: quoted(token.content))
      }
      if let other = ids.updateValue(token.id, forKey: spelling) ?? vocabulary.id(of: spelling), other != token.id {
        throw .conflictingIDs(file: file, token: quoted(token.content), first: other, second: token.id)
      }
      if let other = vocabulary.spelling(of: token.id), other != spelling {
        throw .duplicateID(file: file, id: token.id, first: quoted(other.text), second: quoted(token.content))
      }
    }
  }
}

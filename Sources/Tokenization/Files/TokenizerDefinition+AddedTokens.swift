// Added tokens that stand beside tokenizer.json: in tokenizer_config.json, or in added_tokens.json.
import JSON

extension TokenizerDefinition {
  /// Adds what tokenizer_config.json's `added_tokens_decoder` has, or if there is none, added_tokens.json.
  ///
  /// As transformers does it: a token that is known keeps its id, and gets the flags of `added_tokens_decoder`. Others get
  /// the ids after all there are, in the order of the ids given here; where these leave a gap they are not the ids given.
  /// - Throws: `TokenizerError` for what is no token.
  mutating func addTokens(listed: JSONSection?, _ config: JSONSection?) throws(TokenizerError) {
    var places: [ByteString: Int] = [:]
    for (place, token) in addedTokens.enumerated() { places[ByteString(token.content)] = place }
    var next = max(vocabulary.count, (addedTokens.map(\.id).max() ?? -1) + 1)
    let decoded = try Self.decodedTokens(config)
    let listed = decoded == nil ? try Self.listedTokens(listed, config) : []
    for token in (decoded ?? listed).sorted(by: { $0.id < $1.id }) {
      let spelling = ByteString(token.content)
      if let place = places[spelling] {
        if decoded != nil { addedTokens[place] = token.with(id: addedTokens[place].id) }
        continue
      }
      let known = vocabulary.id(of: spelling)
      places[spelling] = addedTokens.count
      addedTokens.append(token.with(id: known ?? next))
      if known == nil { next += 1 }
    }
  }

  /// Tokens of tokenizer_config.json's `added_tokens_decoder`, with flags; nil if it has none.
  static func decodedTokens(_ config: JSONSection?) throws(TokenizerError) -> [AddedToken]? {
    guard let decoder = try config?.section("added_tokens_decoder") else { return nil }
    var tokens: [AddedToken] = []
    for key in decoder.object.keys {
      guard let token = try decoder.section(key), let id = Int(key), let content = try token.string("content") else {
        throw decoder.invalid(key, expected: "a token with its id as key and a content", decoder.value(key))
      }
      tokens.append(try token.addedToken(id: id, content: content))
    }
    return tokens
  }

  /// Tokens of added_tokens.json, special if tokenizer_config.json names them so.
  static func listedTokens(_ listed: JSONSection?, _ config: JSONSection?) throws(TokenizerError) -> [AddedToken] {
    let special = try specialContents(config)
    var tokens: [AddedToken] = []
    for (content, id) in listed?.object.members ?? [] {
      guard let id = id.intValue else {
        throw .invalid(
          file: "added_tokens.json", key: quoted(content), expected: "an id", found: JSONSection.describe(id))
      }
      let isSpecial = special.contains(ByteString(content))
      tokens.append(AddedToken(id: id, content: content, isSpecial: isSpecial, isNormalized: !isSpecial))
    }
    return tokens
  }

  /// The tokens that tokenizer_config.json names as special ones.
  private static func specialContents(_ config: JSONSection?) throws(TokenizerError) -> Set<ByteString> {
    guard let config else { return [] }
    var contents: [String] = []
    for key in ["bos_token", "eos_token", "unk_token", "pad_token"] {
      if let content = try config.tokenContent(key) { contents.append(content) }
    }
    for token in try config.list("additional_special_tokens") {
      if let content = token.stringValue ?? token["content"]?.stringValue { contents.append(content) }
    }
    return Set(contents.map(ByteString.init))
  }
}

extension AddedToken {
  fileprivate func with(id: Int) -> AddedToken {
    AddedToken(
      id: id, content: content, isSpecial: isSpecial, stripsLeft: stripsLeft, stripsRight: stripsRight,
      isNormalized: isNormalized, isSingleWord: isSingleWord)
  }
}

// The older set of files: vocab.json, merges.txt, added_tokens.json and tokenizer_config.json.
import JSON

extension TokenizerDefinition {
  /// What transformers' tokenizer classes do in code, and tokenizer.json says in data.
  private static let classes: [String: (composesCanonically: Bool, rule: SplitRule)] = [
    "Qwen2Tokenizer": (true, .words(digits: 1)),
    "Qwen2TokenizerFast": (true, .words(digits: 1)),
    "GPT2Tokenizer": (false, .gpt2Words),
    "GPT2TokenizerFast": (false, .gpt2Words),
  ]

  /// Reads the files.
  /// - Throws: `TokenizerError` naming the file, or what is unsupported and what to do.
  init(
    vocabulary tokens: JSONSection, merges bytes: [UInt8], addedTokens: JSONSection?, config: JSONSection?
  ) throws(TokenizerError) {
    let className = try config?.string("tokenizer_class")
    guard let kind = className.flatMap({ Self.classes[$0] }) else {
      throw .unsupported(
        file: "tokenizer_config.json", what: "tokenizer_class \(className.map(quoted) ?? "missing")",
        advice: "without tokenizer.json it must be one of \(Self.classes.keys.sorted().joined(separator: ", "))")
    }
    if let config, try config.bool("add_prefix_space") {
      throw config.unsupported("add_prefix_space", "true", advice: "only tokenizers without a prefix space are read")
    }
    file = tokens.file
    vocabulary = try Vocabulary(tokens)
    merges = try MergeTable(lines: bytes, file: "merges.txt", vocabulary)
    self.addedTokens = try Self.addedTokens(listed: addedTokens, config)
    composesCanonically = kind.composesCanonically
    splitRules = [kind.rule]
  }

  /// Tokens of tokenizer_config's `added_tokens_decoder`, with flags, and those only added_tokens.json has.
  private static func addedTokens(
    listed: JSONSection?, _ config: JSONSection?
  ) throws(TokenizerError) -> [AddedToken] {
    var tokens: [AddedToken] = []
    var known: Set<ByteString> = []
    if let decoder = try config?.section("added_tokens_decoder") {
      for key in decoder.object.keys {
        guard let token = try decoder.section(key), let id = Int(key), let content = try token.string("content") else {
          throw decoder.invalid(key, expected: "a token with its id as key and a content", decoder.value(key))
        }
        tokens.append(try token.addedToken(id: id, content: content))
        known.insert(ByteString(content))
      }
    }
    let special = try specialContents(config)
    for (content, id) in listed?.object.members ?? [] where !known.contains(ByteString(content)) {
      guard let id = id.intValue else {
        throw .invalid(
          file: "added_tokens.json", key: quoted(content), expected: "an id", found: JSONSection.describe(id))
      }
      tokens.append(AddedToken(id: id, content: content, isSpecial: special.contains(ByteString(content))))
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

extension MergeTable {
  /// Reads merges.txt: a `#version` line, then one merge a line.
  init(lines bytes: [UInt8], file: String, _ vocabulary: Vocabulary) throws(TokenizerError) {
    let lines = bytes.split(separator: UInt8(ascii: "\n"))
    self.init(capacity: lines.count)
    for (index, line) in lines.enumerated() {
      let text = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      if text.isEmpty || (index == 0 && text.starts(with: "#version".utf8)) { continue }
      guard let line = String(validating: text, as: UTF8.self) else {
        throw .malformed(file: file, reason: "line \(index + 1) is not UTF-8")
      }
      guard let (left, right) = Self.pair(Self.split(line)) else {
        throw .invalid(
          file: file, key: "line \(index + 1)", expected: "two tokens with a space between them", found: quoted(line))
      }
      try append(left, right, in: vocabulary, key: "merge", file: file)
    }
  }
}

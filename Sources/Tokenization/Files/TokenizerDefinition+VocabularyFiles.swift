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
    let decoded = try Self.decodedTokens(config) ?? []
    let known = Set(decoded.map { ByteString($0.content) })
    self.addedTokens =
      decoded + (try Self.listedTokens(addedTokens, config).filter { !known.contains(ByteString($0.content)) })
    composesCanonically = kind.composesCanonically
    splitRules = [kind.rule]
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

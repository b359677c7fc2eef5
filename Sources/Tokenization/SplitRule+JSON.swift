// Pre-tokenizers of tokenizer.json. Their patterns are recognised by exact text, never run.

extension SplitRule {
  private static let words =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  private static let wordsOfThreeDigits =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  private static let gpt2 = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  /// Rules by pattern.
  private static let patterns: [ByteString: SplitRule] = [
    ByteString(words): .words(digits: 1),
    ByteString(wordsOfThreeDigits): .words(digits: 3),
    ByteString(gpt2): .gpt2Words,
  ]

  /// The rules of a pre-tokenizer, in the order in which each cuts the pieces of the one before.
  /// - Throws: `TokenizerError` if the pre-tokenizer or a pattern is unknown, or bytes are not spelled in the end.
  static func rules(_ parent: JSONSection, _ key: String) throws(TokenizerError) -> [SplitRule] {
    guard let root = try parent.section(key) else {
      throw parent.unsupported(key, "null", advice: "only byte-level BPE is read")
    }
    let stages = try root.string("type") == "Sequence" ? root.sections("pretokenizers") : [root]
    guard let last = stages.last, try last.string("type") == "ByteLevel" else {
      throw root.unsupported("type", try root.found("type"), advice: "a ByteLevel pre-tokenizer must come last")
    }
    var rules: [SplitRule] = []
    for stage in stages { if let rule = try rule(of: stage) { rules.append(rule) } }
    return rules
  }

  private static func rule(of stage: JSONSection) throws(TokenizerError) -> SplitRule? {
    switch try stage.string("type") {
    case "Split": return try rule(ofSplit: stage)
    case "Digits": return .digits(individually: try stage.bool("individual_digits"))
    case "ByteLevel":
      // tokenizers' own defaults for absent flags are true.
      if try stage.bool("add_prefix_space", default: true) {
        throw stage.unsupported("add_prefix_space", "true", advice: "only tokenizers without a prefix space are read")
      }
      return try stage.bool("use_regex", default: true) ? .gpt2Words : nil
    default:
      throw stage.unsupported("type", try stage.found("type"), advice: "known are Split, Digits and ByteLevel")
    }
  }

  private static func rule(ofSplit stage: JSONSection) throws(TokenizerError) -> SplitRule {
    let behavior = try stage.found("behavior")
    guard behavior == "\"Isolated\"", try !stage.bool("invert") else {
      throw stage.unsupported("behavior", behavior, advice: "a split must be Isolated and not inverted")
    }
    guard let pattern = try stage.section("pattern")?.string("Regex") else {
      throw stage.invalid("pattern", expected: "an object with a Regex", stage.value("pattern"))
    }
    guard let rule = patterns[ByteString(pattern)] else {
      throw stage.unsupported(
        "pattern", quoted(pattern), advice: "known are the patterns of Qwen2, Llama 3 and GPT-2, by exact text")
    }
    return rule
  }
}

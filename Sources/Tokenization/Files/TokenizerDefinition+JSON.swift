// tokenizer.json, as huggingface/tokenizers writes it. Patterns of pre-tokenizers are recognised by exact
// text, never run.
import JSON

extension TokenizerDefinition {
  /// Reads a parsed tokenizer.json.
  /// - Throws: `TokenizerError` naming the key, or what is unsupported and what to do.
  init(tokenizerJSON document: JSONSection) throws(TokenizerError) {
    guard let model = try document.section("model") else {
      throw document.invalid("model", expected: "an object", nil)
    }
    try Self.refuseOtherModels(model)
    file = document.file
    vocabulary = try Vocabulary(model, "vocab")
    merges = try MergeTable(model, vocabulary)
    ignoresMerges = try model.bool("ignore_merges")
    addedTokens = []
    for token in try document.sections("added_tokens") {
      guard let id = token.value("id")?.intValue, let content = try token.string("content") else {
        throw token.invalid("content", expected: "a token with id and content", nil)
      }
      addedTokens.append(try token.addedToken(id: id, content: content))
    }
    composesCanonically = try Self.composesCanonically(document, "normalizer")
    splitRules = try SplitRule.rules(document, "pre_tokenizer")
    let template = try Self.beginToken(document, "post_processor")
    beginToken = template
    addsBeginToken = template != nil
    if let decoder = try document.section("decoder"), try decoder.string("type") != "ByteLevel" {
      throw decoder.unsupported("type", try decoder.found("type"), advice: "the decoder must be ByteLevel")
    }
  }

  private static func refuseOtherModels(_ model: JSONSection) throws(TokenizerError) {
    // Old files leave the type out; the vocabulary of other types is not an object.
    if let type = try model.string("type"), type != "BPE" {
      throw model.unsupported("type", quoted(type), advice: "only byte-level BPE is read")
    }
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let affix = try model.string(key), !affix.isEmpty {
        throw model.unsupported(key, quoted(affix), advice: "only byte-level BPE is read, which has none")
      }
    }
    if try model.bool("byte_fallback") {
      throw model.unsupported("byte_fallback", "true", advice: "only byte-level BPE is read")
    }
    if let dropout = model.value("dropout")?.doubleValue, dropout != 0 {
      throw model.unsupported("dropout", "\(dropout)", advice: "set it to null, which makes ids repeatable")
    }
  }

  private static func composesCanonically(_ parent: JSONSection, _ key: String) throws(TokenizerError) -> Bool {
    guard let normalizer = try parent.section(key) else { return false }
    switch try normalizer.string("type") {
    case "NFC": return true
    case "Sequence":
      var composes = false
      for part in try normalizer.sections("normalizers") {
        guard try part.string("type") == "NFC" else {
          throw part.unsupported("type", try part.found("type"), advice: "the normalizer must be NFC or none")
        }
        composes = true
      }
      return composes
    default:
      throw normalizer.unsupported(
        "type", try normalizer.found("type"), advice: "the normalizer must be NFC or none")
    }
  }

  /// The token that the post-processor puts before a text; nil if it adds none.
  private static func beginToken(_ parent: JSONSection, _ key: String) throws(TokenizerError) -> Int? {
    guard let processor = try parent.section(key) else { return nil }
    return try beginToken(of: processor)
  }

  private static func beginToken(of processor: JSONSection) throws(TokenizerError) -> Int? {
    switch try processor.string("type") {
    case "ByteLevel": return nil
    case "Sequence":
      var token: Int?
      for part in try processor.sections("processors") {
        guard try part.string("type") != "Sequence" else {
          throw part.unsupported("type", "\"Sequence\"", advice: "flatten the list of processors")
        }
        token = try beginToken(of: part) ?? token
      }
      return token
    case "TemplateProcessing": return try templateBeginToken(processor)
    default:
      throw processor.unsupported(
        "type", try processor.found("type"), advice: "known are ByteLevel, TemplateProcessing and a Sequence of them")
    }
  }

  /// `single` is `[{SpecialToken: {id}}?, {Sequence: …}]`; what the name means is in `special_tokens`.
  private static func templateBeginToken(_ processor: JSONSection) throws(TokenizerError) -> Int? {
    var names: [String] = []
    let items = try processor.sections("single")
    for item in items {
      if let token = try item.section("SpecialToken") { names.append(try token.string("id") ?? "") }
    }
    guard let name = names.first else { return nil }
    let ids = try processor.section("special_tokens")?.section(name)?.list("ids") ?? []
    guard names.count == 1, items.first?.value("SpecialToken") != nil, ids.count == 1, let id = ids[0].intValue else {
      throw processor.unsupported(
        "single", "with \(quoted(names.joined(separator: " ")))", advice: "at most one token may come before the text")
    }
    return id
  }
}

extension JSONSection {
  /// How a string value, or its absence, is named in a message.
  func found(_ key: String) throws(TokenizerError) -> String { try string(key).map(quoted) ?? "missing" }
}

extension Vocabulary {
  /// Reads an object of tokens and ids.
  init(_ parent: JSONSection, _ key: String) throws(TokenizerError) {
    guard let section = try parent.section(key) else { throw parent.invalid(key, expected: "an object", nil) }
    self = try Vocabulary(section)
  }

  /// Reads an object of tokens and ids.
  init(_ section: JSONSection) throws(TokenizerError) {
    self.init(capacity: section.object.count)
    for (token, id) in section.object.members {
      try insert(token, id: id.intValue, key: section.path, file: section.file)
    }
  }
}

extension MergeTable {
  /// Reads `merges`: pairs, or in older files strings with a space between the two.
  init(_ model: JSONSection, _ vocabulary: Vocabulary) throws(TokenizerError) {
    let list = try model.list("merges")
    self.init(capacity: list.count)
    let key = model.name("merges")
    for element in list {
      let pair = element.arrayValue?.compactMap(\.stringValue).map(ByteString.init)
      guard let (left, right) = Self.pair(pair ?? Self.split(element.stringValue ?? "")) else {
        throw model.invalid("merges", expected: "pairs of tokens", element)
      }
      try append(left, right, in: vocabulary, key: key, file: model.file)
    }
  }

  /// Cuts `left right` at its spaces; tokens of the alphabet hold none.
  static func split(_ line: String) -> [ByteString] {
    line.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).map { ByteString(Array($0)) }
  }

  static func pair(_ parts: [ByteString]) -> (ByteString, ByteString)? {
    parts.count == 2 ? (parts[0], parts[1]) : nil
  }
}

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

// The key-values of the tokenizer and of conversations.
internal import Basics
internal import GGUF
internal import ModelConfig
internal import ModelFiles
internal import Tokenization

extension LanguageMetadata {
  mutating func addTokenizer(_ listing: VocabularyListing, _ source: ModelFile) throws(ModelFilesError) {
    guard let splitting = listing.splitting else {
      throw .unsupported(
        path: source.path, reason: "llama.cpp has no name for how this tokenizer cuts text before merging")
    }
    // The embedding table decides how many tokens there are; ids without a token get a name that no text has.
    let config = source.config.text, count = config.vocabularySize
    guard listing.tokens.count <= count else {
      throw .unsupported(
        path: source.path,
        reason: "the tokenizer has \(listing.tokens.count) tokens, the embedding table \(count) rows; llama.cpp wants "
          + "one for each")
    }
    let tokens = (0..<count).map { listing.tokens.indices.contains($0) ? listing.tokens[$0] : nil }
    values += [
      ("tokenizer.ggml.model", .string("gpt2")), ("tokenizer.ggml.pre", .string(splitting.ggufName)),
      ("tokenizer.ggml.tokens", .strings(tokens.enumerated().map { $1?.text ?? "[PAD\($0)]" })),
      ("tokenizer.ggml.token_type", .int32s(tokens.map { $0.map { $0.kind.ggufType($0.text) } ?? 5 })),
      ("tokenizer.ggml.merges", .strings(listing.merges)),
      ("tokenizer.ggml.add_bos_token", .bool(listing.addsBeginToken)),
    ]
    // The tokenizer's files come before config.json. Without a key llama.cpp takes the ids of GPT-2.
    let ids = [
      ("bos", listing.beginTokenID ?? config.beginToken), ("eos", listing.endTokenID ?? config.endTokens.first),
      ("padding", listing.paddingTokenID ?? config.paddingToken), ("unknown", listing.unknownTokenID),
    ]
    for case (let name, let id?) in ids where (0..<count).contains(id) {
      values.append(("tokenizer.ggml.\(name)_token_id", .uint32(UInt32(id))))
    }
  }

  /// llama.cpp reads one template. A vision-language model that brings none gets the one of its `template` in
  /// config.json, with the model's system text.
  mutating func addTemplate(_ listing: VocabularyListing, _ source: ModelFile) throws {
    let config = source.config, key = "tokenizer.chat_template"
    let templates = try ModelTemplates(source.files)
    if let templates, !templates.otherNames.isEmpty {
      let names = templates.otherNames.map { "'\($0.displayed)'" }.joined(separator: ", ")
      losses.append("chat templates of \(templates.file) that are not the default one: \(names)")
    }
    if let templates, let main = templates.main {
      values.append((key, .string(main)))
      if config.multimodal != nil, let name = config.template, !name.isEmpty {
        losses.append("template '\(name.displayed)' of config.json: conversations are those of \(templates.file)")
      }
    } else if config.multimodal != nil {
      let template = try ChatTemplate.preferred(
        templateName: config.template, architecture: config.architectureName,
        vocabularyHas: listing.addedTokens.contains)
      values.append((key, .string(template.jinja(system: config.systemMessage))))
    }
  }
}

extension VocabularyListing {
  /// What the tokenizer has beside the pieces of text.
  var addedTokens: Set<String> { Set(tokens.compactMap { $0?.kind == .normal ? nil : $0?.text }) }
}

extension VocabularyListing.Splitting {
  /// The name by which llama.cpp knows the pre-tokenizer (src/llama-vocab.cpp).
  fileprivate var ggufName: String {
    switch self {
    case .qwen2: "qwen2"
    case .llama3: "llama-bpe"
    case .gpt2: "gpt-2"
    case .gpt2WithSingleDigits: "smollm"
    }
  }
}

extension VocabularyListing.Kind {
  /// llama.cpp's number of a token's type; 5 is an unused one. Added tokens that look like special ones are control
  /// tokens there, as its converter has them.
  fileprivate func ggufType(_ text: String) -> Int32 {
    switch self {
    case .normal: 1
    case .special: 3
    case .added: Self.looksSpecial(text) ? 3 : 4
    }
  }

  private static func looksSpecial(_ text: String) -> Bool {
    let frames = [("<|", "|>"), ("<｜", "｜>"), ("<unused", ">")]
    return ["<pad>", "<mask>", "<2mass>", "[@BOS@]"].contains(text)
      || frames.contains { text.hasPrefix($0.0) && text.hasSuffix($0.1) }
  }
}

// The key-values of a GGUF file: hyperparameters and tokenizer, as llama.cpp reads them.
internal import Basics
internal import GGUF
internal import ModelConfig
internal import ModelFiles
internal import Storage
internal import Tensors
internal import Tokenization

struct GGUFMetadata {
  /// In the order of the file.
  private(set) var values: [(key: String, value: GGUFValue)]
  /// What has no key.
  private(set) var losses: [String] = []

  /// The number of "mostly Q4_1" among llama.cpp's file types.
  private static let mostlyQ41: UInt32 = 3

  init(_ source: ModelFile) throws {
    let config = source.config.text
    let name = source.path.split(separator: "/").last.map(String.init) ?? source.path
    values = [
      ("general.architecture", .string(config.architecture.rawValue)), ("general.name", .string(name)),
      ("general.quantization_version", .uint32(2)), ("general.file_type", .uint32(Self.mostlyQ41)),
    ]
    addDecoder(config)
    try addScaling(config, path: source.path)
    try addTokenizer(source)
  }

  private mutating func addDecoder(_ config: TextConfig) {
    let counts: [(String, Int)] = [
      ("context_length", config.maxPositions), ("embedding_length", config.hiddenSize),
      ("block_count", config.layerCount), ("feed_forward_length", config.intermediateSize),
      ("attention.head_count", config.headCount), ("attention.head_count_kv", config.kvHeadCount),
      ("attention.key_length", config.headDim), ("attention.value_length", config.headDim),
      ("rope.dimension_count", config.headDim), ("vocab_size", config.vocabularySize),
    ]
    let prefix = config.architecture.rawValue + "."
    values += counts.map { (prefix + $0, .uint32(UInt32(clamping: $1))) }
    values.append((prefix + "attention.layer_norm_rms_epsilon", .float32(config.normEpsilon)))
    values.append((prefix + "rope.freq_base", .float32(Float(config.ropeTheta))))
  }

  private mutating func addScaling(_ config: TextConfig, path: String) throws {
    let prefix = config.architecture.rawValue + ".rope.scaling."
    switch config.ropeScaling {
    case .none: break
    case .linear(let factor):
      values.append((prefix + "type", .string("linear")))
      values.append((prefix + "factor", .float32(Float(factor))))
    case .llama3:  // its divisors are a tensor
      guard config.architecture == .llama else {
        throw ModelFilesError.unsupported(
          path: path, reason: "llama.cpp reads llama3 rope scaling of llama models only")
      }
    case .yarn(let yarn):
      guard yarn.isPlain else {
        throw ModelFilesError.unsupported(
          path: path, reason: "llama.cpp reads yarn rope scaling with its usual betas and attention factor only")
      }
      values.append((prefix + "type", .string("yarn")))
      values.append((prefix + "factor", .float32(Float(yarn.factor))))
      values.append((prefix + "original_context_length", .uint32(UInt32(clamping: yarn.originalLength))))
    case .longrope:
      throw ModelFilesError.unsupported(
        path: path, reason: "llama.cpp does not read longrope scaling of \(config.architecture.rawValue) models")
    case .dynamic:
      losses.append("dynamic rope scaling: texts beyond \(config.maxPositions) tokens are read as if there were none")
    }
  }

  private mutating func addTokenizer(_ source: ModelFile) throws {
    let listing = try VocabularyListing(files: source.files)
    guard let splitting = listing.splitting else {
      throw ModelFilesError.unsupported(
        path: source.path, reason: "llama.cpp has no name for how this tokenizer cuts text before merging")
    }
    // The embedding table decides how many tokens there are; ids without a token get a name that no text has.
    let count = source.config.text.vocabularySize
    guard listing.tokens.count <= count else {
      throw ModelFilesError.unsupported(
        path: source.path,
        reason: "the tokenizer has \(listing.tokens.count) tokens, the embedding table \(count) rows; llama.cpp wants "
          + "one for each")
    }
    let tokens = (0..<count).map { listing.tokens.indices.contains($0) ? listing.tokens[$0] : nil }
    values += [
      ("tokenizer.ggml.model", .string("gpt2")), ("tokenizer.ggml.pre", .string(splitting.ggufName)),
      ("tokenizer.ggml.tokens", .strings(tokens.enumerated().map { $1?.text ?? "[PAD\($0)]" })),
      ("tokenizer.ggml.token_type", .int32s(tokens.map { $0?.kind.ggufType ?? 5 })),
      ("tokenizer.ggml.merges", .strings(listing.merges)),
      ("tokenizer.ggml.add_bos_token", .bool(listing.addsBeginToken)),
    ]
    let ids = [("bos", listing.beginTokenID), ("eos", listing.endTokenID ?? source.config.text.endTokens.first)]
    for case (let name, let id?) in ids {
      values.append(("tokenizer.ggml.\(name)_token_id", .uint32(UInt32(clamping: id))))
    }
    try addTemplate(source)
  }

  /// llama.cpp reads one template.
  private mutating func addTemplate(_ source: ModelFile) throws {
    guard let templates = try ModelTemplates(source.files) else { return }
    if let main = templates.main { values.append(("tokenizer.chat_template", .string(main))) }
    if !templates.otherNames.isEmpty {
      let names = templates.otherNames.map { "'\($0.displayed)'" }.joined(separator: ", ")
      losses.append("chat templates of \(templates.file) that are not the default one: \(names)")
    }
  }
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
  /// llama.cpp's number of the token's type; 5 is an unused one.
  fileprivate var ggufType: Int32 {
    switch self {
    case .normal: 1
    case .special: 3
    case .added: 4
    }
  }
}

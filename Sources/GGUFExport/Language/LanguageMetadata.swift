// The key-values of a language model's file: hyperparameters, as llama.cpp reads them.
internal import GGUF
internal import ModelConfig
internal import ModelFiles
internal import Tokenization

struct LanguageMetadata {
  /// In the order of the file.
  var values: [(key: String, value: GGUFValue)]
  /// What has no key.
  var losses: [String] = []

  init(_ source: ModelFile, _ listing: VocabularyListing, _ options: GGUFOptions) throws {
    let config = source.config.text
    values = [
      ("general.architecture", .string(config.architecture.rawValue)), ("general.type", .string("model")),
      ("general.name", .string(source.plainName)), ("general.quantization_version", .uint32(2)),
      ("general.file_type", .uint32(options.linears.fileType)),
    ]
    addDecoder(config)
    try addScaling(config, path: source.path)
    try addTokenizer(listing, source)
    try addTemplate(listing, source)
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
}

extension GGUFOptions.LinearType {
  /// llama.cpp's number of files that are mostly of this type; that of Q4_K is called Q4_K_M.
  fileprivate var fileType: UInt32 {
    switch self {
    case .q4_1: 3
    case .q4_K: 15
    }
  }
}

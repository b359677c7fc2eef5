// The language model's part of config.json: Qwen2, Qwen3 and Llama, which differ in a few flags.
import Basics
import JSON

/// Which decoder family a language model belongs to.
public enum TextArchitecture: String, Sendable {
  case qwen2, qwen3, llama
}

/// The decoder's hyperparameters.
public struct TextConfig: Sendable, Equatable {
  public let architecture: TextArchitecture
  /// Width H of a hidden state.
  public let hiddenSize: Int
  /// Width of the gated MLP.
  public let intermediateSize: Int
  public let layerCount: Int
  /// Query heads.
  public let headCount: Int
  /// Key/value heads; each serves `headCount / kvHeadCount` query heads.
  public let kvHeadCount: Int
  /// Width of one head; `headCount · headDim` may differ from `hiddenSize`.
  public let headDim: Int
  /// Rows of the embedding table; may exceed the tokenizer's vocabulary.
  public let vocabularySize: Int
  /// Epsilon of every RMSNorm.
  public let normEpsilon: Float
  /// Base of the rotary frequencies.
  public let ropeTheta: Double
  /// Length-dependent change of the rotary frequencies.
  public let ropeScaling: RopeScaling
  /// Positions the model was trained for.
  public let maxPositions: Int
  /// Whether q, k and v projections have biases (Qwen2 always; Llama and Qwen3 by `attention_bias`).
  public let hasQKVBias: Bool
  /// Whether o_proj has a bias (Llama and Qwen3 with `attention_bias`).
  public let hasOutputBias: Bool
  /// Whether gate, up and down projections have biases (Llama with `mlp_bias`).
  public let hasMLPBias: Bool
  /// Whether q and k are RMS-normalised per head before the rotary embedding (Qwen3).
  public let hasQKNorm: Bool
  /// Whether lm_head is the embedding table. A stored lm_head.weight overrides it.
  public let tiesEmbeddings: Bool
  /// Beginning-of-sequence id, if the config names one.
  public let beginToken: Int?
  /// Id that fills up batches, if the config names one.
  public let paddingToken: Int?
  /// End-of-sequence ids.
  public let endTokens: [Int]

  init(_ reader: ConfigReader, tiesByDefault: Bool) throws(ModelConfigError) {
    let type = try reader.string("model_type") ?? ""
    guard let architecture = TextArchitecture(rawValue: type) else {
      throw .unsupported(
        what: "language model \"\(type.displayed)\"", advice: "the language models read are qwen2, qwen3 and llama")
    }
    self.architecture = architecture
    hiddenSize = try reader.int("hidden_size")
    intermediateSize = try reader.int("intermediate_size")
    layerCount = try reader.int("num_hidden_layers", in: 1...4096)
    headCount = try reader.int("num_attention_heads", in: 1...4096)
    kvHeadCount = try reader.int("num_key_value_heads", in: 1...4096, default: headCount)
    headDim = try TextConfig.headDim(reader, architecture, hiddenSize: hiddenSize, headCount: headCount)
    vocabularySize = try reader.int("vocab_size")
    normEpsilon = Float(try reader.positive("rms_norm_eps", default: 1e-6))
    maxPositions = try reader.int("max_position_embeddings", default: 32768)
    let parameters = try reader.child("rope_parameters")
    let scaling = try reader.child("rope_scaling")
    let rope = parameters ?? scaling
    ropeTheta = try reader.positive("rope_theta", default: try rope?.positive("rope_theta", default: 10000) ?? 10000)
    ropeScaling = try RopeScaling(rope, of: reader, maxPositions: maxPositions)
    let attentionBias = try reader.bool("attention_bias", default: false)
    hasQKVBias = architecture == .qwen2 || attentionBias
    hasOutputBias = architecture != .qwen2 && attentionBias
    hasMLPBias = try reader.bool("mlp_bias", default: false)
    hasQKNorm = architecture == .qwen3
    tiesEmbeddings = try reader.bool("tie_word_embeddings", default: tiesByDefault)
    beginToken = reader.value("bos_token_id")?.intValue
    paddingToken = reader.value("pad_token_id")?.intValue
    let end = reader.value("eos_token_id")
    endTokens = end?.arrayValue?.compactMap(\.intValue) ?? end?.intValue.map { [$0] } ?? []
    try validate(reader)
  }

  private func validate(_ reader: ConfigReader) throws(ModelConfigError) {
    guard headCount % kvHeadCount == 0 else {
      throw .invalid(
        key: reader.name("num_key_value_heads"), expected: "a divisor of \(headCount)", found: "\(kvHeadCount)")
    }
    guard headDim % 2 == 0 else {
      throw .invalid(key: reader.name("head_dim"), expected: "an even number", found: "\(headDim)")
    }
    try validateRope(reader)
    let activation = try reader.string("hidden_act") ?? "silu"
    guard activation == "silu" else {
      throw .unsupported(what: "activation \"\(activation.displayed)\"", advice: "these decoders use silu")
    }
    if try reader.bool("use_sliding_window", default: false) {
      throw .unsupported(what: "sliding-window attention", advice: "use a checkpoint with use_sliding_window false")
    }
    try reader.requirePlainPositions()
  }

  private func validateRope(_ reader: ConfigReader) throws(ModelConfigError) {
    switch ropeScaling {
    case .dynamic where headDim == 2:  // its exponent is d/(d−2)
      throw .invalid(
        key: reader.name("head_dim"), expected: "at least 4 with dynamic rope scaling", found: "\(headDim)")
    case .yarn where ropeTheta <= 1:  // it divides by its logarithm
      throw .invalid(key: reader.name("rope_theta"), expected: "above 1 with yarn rope scaling", found: "\(ropeTheta)")
    case .longrope(let scaling):
      for (key, factors) in [("short_factor", scaling.shortFactors), ("long_factor", scaling.longFactors)]
      where factors.count != headDim / 2 {
        throw .invalid(
          key: reader.name("rope_scaling." + key), expected: "\(headDim / 2) numbers, half of head_dim",
          found: "\(factors.count)")
      }
    default: break
    }
    // These decoders turn whole heads, whatever this key says; transformers reads it for some scalings.
    let parts = [reader, try reader.child("rope_parameters"), try reader.child("rope_scaling")].compactMap(\.self)
    for part in parts where part.value("partial_rotary_factor").map({ $0.doubleValue != 1 }) == true {
      throw .unsupported(
        what: part.name("partial_rotary_factor"), advice: "use a checkpoint whose heads are turned as a whole")
    }
  }

  /// A head's width: stated, or 128 for Qwen3 as in transformers' `Qwen3Config`, or an equal share of the hidden size.
  private static func headDim(
    _ reader: ConfigReader, _ architecture: TextArchitecture, hiddenSize: Int, headCount: Int
  ) throws(ModelConfigError) -> Int {
    if reader.value("head_dim") != nil { return try reader.int("head_dim", in: 2...4096) }
    if architecture == .qwen3 { return 128 }
    guard hiddenSize % headCount == 0 else {
      throw .invalid(
        key: reader.name("num_attention_heads"), expected: "a divisor of \(hiddenSize)", found: "\(headCount)")
    }
    return hiddenSize / headCount
  }
}

extension ConfigReader {
  /// Refuses V2PE, whose keys derived checkpoints put at the top or in the language model's config.
  func requirePlainPositions() throws(ModelConfigError) {
    for key in ["rope_pos_id_version", "rope_pos_id_stride"] where value(key) != nil {
      throw .unsupported(what: "V2PE (\(key))", advice: "use a checkpoint with plain positions")
    }
  }
}

extension TextConfig {
  /// Rows of a linear's weight.
  public func outFeatures(of linear: DecoderLinear) -> Int {
    switch linear {
    case .query: headCount * headDim
    case .key, .value: kvHeadCount * headDim
    case .gate, .up: intermediateSize
    case .output, .down: hiddenSize
    }
  }

  /// Columns of the weights of a site's linears.
  public func inFeatures(at site: LinearSite) -> Int {
    switch site {
    case .attentionInput, .mlpInput: hiddenSize
    case .attentionOutput: headCount * headDim
    case .mlpOutput: intermediateSize
    }
  }
}

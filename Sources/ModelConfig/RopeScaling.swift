// How a config says that rotary frequencies change with length, in the spellings of transformers 4 and 5.
internal import Basics
internal import Glibc

/// How rotary frequencies change with the sequence length.
public enum RopeScaling: Sendable, Equatable {
  /// Plain rotary embedding at every length.
  case none
  /// Dynamic NTK: beyond the trained length L, theta grows by `factor`·length/L − (factor − 1), to the power d/(d−2).
  case dynamic(factor: Double)
  /// Llama 3.1's frequency-dependent interpolation.
  case llama3(factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double, originalLength: Int)
  /// All positions divided by `factor`.
  case linear(factor: Double)
  /// Frequencies that turn often within the original length stay, slow ones are divided by a factor.
  case yarn(YarnScaling)
  /// Each frequency divided by a factor of its own, another one beyond the original length.
  case longrope(LongRopeScaling)
}

/// YaRN (arXiv 2309.00071).
public struct YarnScaling: Sendable, Equatable {
  /// What slow frequencies are divided by.
  public var factor: Double
  /// The length that the model was trained for before it was extended.
  public var originalLength: Int
  /// Rotations within the original length from which on a frequency stays, and up to which it is divided by all of `factor`.
  public var betaFast = 32.0, betaSlow = 1.0
  /// What cosines and sines are multiplied by.
  public var attentionFactor: Double
  /// Whether the ends of the ramp between the two are whole dimensions.
  public var truncates = true

  /// The attention factor of the paper for `factor`.
  static func attentionFactor(_ factor: Double, scale: Double = 1) -> Double {
    factor <= 1 ? 1 : 0.1 * scale * log(factor) + 1
  }

  /// Whether all but factor and original length is as in the paper.
  public var isPlain: Bool {
    self == YarnScaling(factor: factor, originalLength: originalLength, attentionFactor: Self.attentionFactor(factor))
  }
}

/// LongRoPE (arXiv 2402.13753).
public struct LongRopeScaling: Sendable, Equatable {
  /// `[headDim / 2]`, what frequencies are divided by up to the original length, and beyond it.
  public var shortFactors: [Double], longFactors: [Double]
  /// The length that the model was trained for before it was extended.
  public var originalLength: Int
  /// What cosines and sines are multiplied by.
  public var attentionFactor: Double
}

extension RopeScaling {
  /// The scaling of the language model's config `reader`.
  /// - Parameters:
  ///   - rope: Its `rope_parameters` or `rope_scaling`.
  ///   - maxPositions: Its `max_position_embeddings`.
  init(_ rope: ConfigReader?, of reader: ConfigReader, maxPositions: Int) throws(ModelConfigError) {
    guard let rope else {
      self = .none
      return
    }
    let legacyKind = try rope.string("type")
    let kind = try rope.string("rope_type") ?? legacyKind ?? "default"
    let inner = try rope.int("original_max_position_embeddings", default: maxPositions)
    // Phi-3 and what follows it keep the length beside the scaling, which then counts.
    let original = try reader.int("original_max_position_embeddings", default: inner)
    switch kind {
    case "default": self = .none
    case "dynamic": self = .dynamic(factor: try rope.positive("factor"))
    case "linear": self = .linear(factor: try rope.positive("factor"))
    case "llama3":
      self = .llama3(
        factor: try rope.positive("factor"), lowFrequencyFactor: try rope.positive("low_freq_factor"),
        highFrequencyFactor: try rope.positive("high_freq_factor"), originalLength: original)
    case "yarn": self = .yarn(try YarnScaling(rope, original: original, maxPositions: maxPositions))
    case "longrope", "su": self = .longrope(try LongRopeScaling(rope, original: original, maxPositions: maxPositions))
    default:
      throw .unsupported(
        what: "rope scaling \"\(kind.displayed)\"",
        advice: "known are default, dynamic, linear, llama3, yarn and longrope")
    }
  }
}

extension YarnScaling {
  init(_ rope: ConfigReader, original: Int, maxPositions: Int) throws(ModelConfigError) {
    factor = try rope.positive("factor", default: Double(maxPositions) / Double(original))
    originalLength = original
    betaFast = try rope.positive("beta_fast", default: betaFast)
    betaSlow = try rope.positive("beta_slow", default: betaSlow)
    truncates = try rope.bool("truncate", default: true)
    var inferred = Self.attentionFactor(factor)
    if rope.value("mscale") != nil, rope.value("mscale_all_dim") != nil {
      inferred =
        Self.attentionFactor(factor, scale: try rope.positive("mscale"))
        / Self.attentionFactor(factor, scale: try rope.positive("mscale_all_dim"))
    }
    attentionFactor = try rope.positive("attention_factor", default: inferred)
  }
}

extension LongRopeScaling {
  init(_ rope: ConfigReader, original: Int, maxPositions: Int) throws(ModelConfigError) {
    shortFactors = try rope.positives("short_factor")
    longFactors = try rope.positives("long_factor")
    originalLength = original
    let factor = try rope.positive("factor", default: Double(maxPositions) / Double(original))
    // A length of one has no logarithm to divide by.
    let inferred = factor <= 1 || original < 2 ? 1 : (1 + log(factor) / log(Double(original))).squareRoot()
    attentionFactor = try rope.positive("attention_factor", default: inferred)
  }
}

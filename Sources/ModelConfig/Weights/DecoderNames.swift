// The parts of a language model by name: what stands in a decoder layer, what of it reads the same input, what can
// absorb whose scales. Nothing else spells these names.

/// Canonical names of a language model's modules, and the names of layers and configs that they come from.
public enum DecoderNames {
  /// What all of them begin with.
  public static let prefix = "language_model."
  /// What stands before the number of a layer.
  public static let layersPrefix = prefix + "model." + layersComponent
  /// The part of a file's name that tells a decoder layer's tensors from others, in every layout.
  public static let layersComponent = "layers."
  /// The embedding table, `[vocabulary, hidden]`.
  public static let embeddings = prefix + "model.embed_tokens"
  /// The norm of the last layer's output.
  public static let finalNorm = prefix + "model.norm"
  /// The output head, `[vocabulary, hidden]`.
  public static let head = prefix + headComponent
  /// The output head's own name, the same in every layout.
  public static let headComponent = "lm_head"

  /// `language_model.model.layers.3` for layer 3.
  public static func layer(_ index: Int) -> String { layersPrefix + "\(index)" }
}

/// A module of a decoder layer.
public enum DecoderModule: Sendable, Hashable {
  case linear(DecoderLinear)
  case norm(DecoderNorm)
  case headNorm(DecoderHeadNorm)

  /// Its path inside the layer.
  public var path: String {
    switch self {
    case .linear(let linear): linear.rawValue
    case .norm(let norm): norm.rawValue
    case .headNorm(let norm): norm.rawValue
    }
  }

  /// The module that stands at `path` inside a layer.
  public init?(path: String) {
    if let linear = DecoderLinear(rawValue: path) {
      self = .linear(linear)
    } else if let norm = DecoderNorm(rawValue: path) {
      self = .norm(norm)
    } else if let norm = DecoderHeadNorm(rawValue: path) {
      self = .headNorm(norm)
    } else {
      return nil
    }
  }
}

/// A linear of a decoder layer. Raw values are its path inside the layer.
public enum DecoderLinear: String, Sendable, CaseIterable {
  case query = "self_attn.q_proj"
  case key = "self_attn.k_proj"
  case value = "self_attn.v_proj"
  /// Mixes the heads.
  case output = "self_attn.o_proj"
  case gate = "mlp.gate_proj"
  /// What the gate lets through.
  case up = "mlp.up_proj"
  /// Back to the hidden size.
  case down = "mlp.down_proj"

  /// The canonical module name in layer `index`.
  public func moduleName(layer index: Int) -> String { DecoderNames.layer(index) + "." + rawValue }

  /// The last part of its name: `q_proj`.
  public var component: String { rawValue.split(separator: ".").last.map(String.init) ?? rawValue }

  /// The linear that `module` is, in any layer and layout; nil if it is none.
  public init?(module: String) {
    guard let linear = DecoderLinear.allCases.first(where: { module.hasSuffix("." + $0.rawValue) }) else { return nil }
    self = linear
  }

  /// The input that it reads.
  public var site: LinearSite {
    switch self {
    case .query, .key, .value: .attentionInput
    case .output: .attentionOutput
    case .gate, .up: .mlpInput
    case .down: .mlpOutput
    }
  }

  /// The linears that loaders fuse into one: those that share an input. Some of them quantized and some not cannot be
  /// loaded.
  public static let fusedSets = LinearSite.allCases.map(\.linears).filter { $0.count > 1 }
}

/// A norm in front of a layer's linears. Raw values are its path inside the layer.
public enum DecoderNorm: String, Sendable, CaseIterable {
  case input = "input_layernorm"
  case postAttention = "post_attention_layernorm"
}

/// The norm of each head (Qwen3). Raw values are its path inside the layer.
public enum DecoderHeadNorm: String, Sendable, CaseIterable {
  case query = "self_attn.q_norm"
  case key = "self_attn.k_norm"
}

/// Where in a decoder layer linears read, in the order of computation. Linears of one site share their input.
public enum LinearSite: String, CaseIterable, Sendable {
  /// What q_proj, k_proj and v_proj read.
  case attentionInput
  /// What o_proj reads.
  case attentionOutput
  /// What gate_proj and up_proj read.
  case mlpInput
  /// What down_proj reads.
  case mlpOutput

  /// The linears that read this input.
  public var linears: [DecoderLinear] { DecoderLinear.allCases.filter { $0.site == self } }

  /// Whether the outputs are added to the residual stream. Such linears are cut along their inputs where devices share
  /// a layer, the others along their outputs.
  public var entersResidual: Bool { self == .attentionOutput || self == .mlpOutput }

  /// What makes the site's input and can be divided by its scales: a norm, or the rows of a linear.
  public var absorber: ScaleAbsorber {
    switch self {
    case .attentionInput: .norm(.input)
    case .attentionOutput: .rows(.value)
    case .mlpInput: .norm(.postAttention)
    case .mlpOutput: .rows(.up)
    }
  }
}

/// What absorbs a site's scales, divided by them.
public enum ScaleAbsorber: Sendable, Hashable {
  /// The weight of a norm.
  case norm(DecoderNorm)
  /// The rows, and the bias, of a linear.
  case rows(DecoderLinear)

  /// The tensor in half precision that it changes, by its path inside the layer: the norm's weight, the linear's bias.
  public var tensor: String {
    switch self {
    case .norm(let norm): norm.rawValue + ".weight"
    case .rows(let linear): linear.rawValue + ".bias"
    }
  }
}

extension LinearSite: CustomStringConvertible {
  /// As its linears are called: `q,k,v`, `o`, `gate,up`, `down`.
  public var description: String {
    linears.map { $0.component.split(separator: "_").first.map(String.init) ?? $0.component }.joined(separator: ",")
  }
}

extension CheckpointLayout {
  /// The key of config.json under which the language model's own config lies; nil if that is config.json itself.
  public var languageKey: String? {
    switch self {
    case .chat: "llm_config"
    case .native: "text_config"
    case .text: nil
    }
  }

  /// The keys that nested configs have in any layout.
  public static let languageKeys = allCases.compactMap(\.languageKey)
}

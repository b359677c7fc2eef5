// config.json as types. Everything is driven by its values; nothing depends on a model's name.
public import Basics
public import JSON

/// Which layout a checkpoint's config.json and tensor names follow.
public enum CheckpointLayout: String, Sendable, CaseIterable {
  /// InternVLChat remote code: `vision_model.*`, `mlp1.*`, `language_model.*` (skywork_chat, internvl_chat).
  case chat
  /// transformers' own classes: `vision_tower.*`, `multi_modal_projector.*` (internvl).
  case native
  /// A language model alone (qwen2, qwen3, llama).
  case text
}

/// Order of the tokens that pixel shuffle gives: v2 row-major, v1 transposed.
public enum PixelShuffleVersion: String, Sendable { case v1, v2 }

/// The parts of a vision-language config that only exist with a vision tower.
public struct MultimodalConfig: Sendable, Equatable {
  public let vision: VisionConfig
  /// Side ratio of the pixel shuffle; 0.5 folds 2x2 patches into one token.
  public let downsampleRatio: Double
  /// Token order of the pixel shuffle.
  public let pixelShuffle: PixelShuffleVersion
  /// Which hidden state feeds the projector: −1 the last layer's, −2 the one before.
  public let selectLayer: Int
  /// Whether pictures are cut into tiles.
  public let usesDynamicTiling: Bool
  /// Fewest tiles a picture is cut into.
  public let minTiles: Int
  /// Most tiles a picture is cut into.
  public let maxTiles: Int
  /// Whether the whole picture is appended as a further tile.
  public let usesThumbnail: Bool

  /// Tokens that one tile becomes in the language model: 256 at 448 px.
  public var tokensPerTile: Int { shuffledSide * shuffledSide }
  /// Side of the token grid after the shuffle.
  public var shuffledSide: Int { vision.gridSide / shuffleFactor }
  /// Patches along one side that fold into one token.
  public var shuffleFactor: Int { Int((1 / downsampleRatio).rounded()) }
  /// Encoder layers that have to run.
  public var activeLayerCount: Int { selectLayer < 0 ? vision.layerCount + selectLayer + 1 : selectLayer }
}

/// A checkpoint's config.json.
public struct ModelConfig: Sendable, Equatable {
  public let layout: CheckpointLayout
  /// `model_type` as written.
  public let modelType: String
  /// The first entry of `architectures`, if any.
  public let architectureName: String?
  public let text: TextConfig
  /// Vision tower and tiling; nil for a text model.
  public let multimodal: MultimodalConfig?
  /// Name of the conversation template, if the config has one.
  public let template: String?
  /// System text that overrides the template's.
  public let systemMessage: String?
  /// How linears are stored, if the checkpoint is quantized.
  public let quantization: QuantizationConfig?
  /// The whole document, for writing it again.
  public let document: JSONValue

  /// Reads a parsed config.json.
  /// - Throws: `ModelConfigError` naming the key, or what is unsupported and what to do.
  public init(document: JSONValue) throws(ModelConfigError) {
    let reader = try ConfigReader(document)
    let type = try reader.string("model_type") ?? ""
    modelType = type
    architectureName = reader.value("architectures")?.arrayValue?.first?.stringValue
    self.document = document
    switch type {
    case "skywork_chat", "internvl_chat": layout = .chat
    case "internvl": layout = .native
    case "qwen2", "qwen3", "llama": layout = .text
    default: throw ModelConfig.refusal(of: type)
    }
    if let key = layout.languageKey {
      try reader.requirePlainPositions()
      guard let child = try reader.child(key) else {
        throw .invalid(key: key, expected: "an object", found: "nothing")
      }
      if child.value("model_type")?.stringValue?.hasPrefix("internlm") == true {
        throw .unsupported(what: "an InternLM language model (InternVL3-9B)", advice: "use a Qwen2-based size")
      }
      let declared = try reader.bool("tie_word_embeddings", default: true)
      let ties = layout == .native && declared
      text = try TextConfig(child, tiesByDefault: ties)
      multimodal = try MultimodalConfig(reader, layout: layout)
    } else {
      text = try TextConfig(reader, tiesByDefault: false)
      multimodal = nil
    }
    template = try reader.string("template")
    systemMessage = try reader.string("system_message")
    quantization = try QuantizationConfig.find(in: reader)
  }

  private static func refusal(of type: String) -> ModelConfigError {
    let known = "known are skywork_chat, internvl_chat, internvl, qwen2, qwen3 and llama"
    return type.isEmpty
      ? .invalid(key: "model_type", expected: "a model type (\(known))", found: "nothing")
      : .unsupported(what: "model_type \"\(type.displayed)\"", advice: known)
  }
}

extension MultimodalConfig {
  init(_ reader: ConfigReader, layout: CheckpointLayout) throws(ModelConfigError) {
    guard let child = try reader.child("vision_config") else {
      throw .invalid(key: "vision_config", expected: "an object", found: "nothing")
    }
    vision = try VisionConfig(child, layout: layout)
    downsampleRatio = try reader.positive("downsample_ratio", default: 0.5)
    selectLayer = try reader.int(
      layout == .chat ? "select_layer" : "vision_feature_layer", in: -vision.layerCount...vision.layerCount,
      default: -1)
    let version = try reader.string("ps_version") ?? (layout == .chat ? "v1" : "v2")
    guard let pixelShuffle = PixelShuffleVersion(rawValue: version) else {
      throw .invalid(key: "ps_version", expected: "v1 or v2", found: "\"\(version.displayed)\"")
    }
    self.pixelShuffle = pixelShuffle
    usesDynamicTiling = try reader.bool("dynamic_image_size", default: layout == .native)
    minTiles = try reader.int("min_dynamic_patch", in: 1...256, default: 1)
    maxTiles = try reader.int("max_dynamic_patch", in: minTiles...256, default: layout == .native ? 12 : 6)
    usesThumbnail = try reader.bool("use_thumbnail", default: layout == .native)
    let factor = (1 / downsampleRatio).rounded()
    guard factor >= 1, factor <= Double(vision.gridSide), vision.gridSide % Int(factor) == 0 else {
      throw .invalid(
        key: "downsample_ratio", expected: "a ratio that divides the patch grid", found: "\(downsampleRatio)")
    }
    let forced = try reader.side("force_image_size", default: vision.imageSize)
    guard forced == vision.imageSize else {
      throw .unsupported(
        what: "force_image_size \(forced) with a tower of \(vision.imageSize) px",
        advice: "position tables are not resampled; use a checkpoint whose sizes agree")
    }
  }
}

/// Why a config.json cannot be used. The messages say what to do.
public enum ModelConfigError: CategorizedError, Equatable {
  /// A key is missing, or has a value of the wrong kind or out of range.
  case invalid(key: String, expected: String, found: String)
  /// A well-formed config of a model this program does not compute.
  case unsupported(what: String, advice: String)

  public var category: FailureCategory {
    switch self {
    case .invalid: .malformedInput
    case .unsupported: .unsupported
    }
  }

  public var description: String {
    switch self {
    case .invalid(let key, let expected, let found):
      "config.json: '\(key)': expected \(expected), found \(found)"
    case .unsupported(let what, let advice):
      "config.json: \(what) is not supported; \(advice)"
    }
  }
}

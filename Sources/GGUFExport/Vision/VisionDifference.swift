// What llama.cpp takes for granted of a vision tower with the projector "internvl", and no key of the file can change
// (ggml-org/llama.cpp, tools/mtmd: clip.cpp and models/internvl.cpp, as of build 10434).
internal import JSON
public import ModelConfig

/// Where a vision-language model is not what llama.cpp takes it for.
public enum VisionDifference: Sendable, Equatable, CustomStringConvertible {
  /// Norms of another type than the one that follows from the tower's size.
  case norm(VisionConfig.NormType, width: Int, layers: Int)
  /// Norms of queries and keys, which are RMSNorms, in a tower of LayerNorms.
  case queryKeyNorm
  /// Tokens of the older pixel shuffle, whose order is transposed.
  case pixelShuffle
  /// Another hidden state than the last one feeds the projector.
  case selectLayer(Int)
  /// Pictures of several tiles without the whole picture as a further one.
  case noThumbnail(maxTiles: Int)
  /// Pictures padded to squares.
  case squarePadding
  /// A token that llama.cpp writes around a picture is none of the model's.
  case missingToken(String)

  /// The size for which RMSNorm is assumed, that of InternViT-6B; all others have LayerNorm.
  private static let rmsSize = (width: 3200, layers: 45)

  public var description: String {
    switch self {
    case .norm(let type, let width, let layers):
      "it takes \(Self.rmsSize.layers) layers of width \(Self.rmsSize.width) for RMSNorm and all others for LayerNorm, "
        + "and vision_config.norm_type is \(type.rawValue) in \(layers) layers of width \(width)"
    case .queryKeyNorm:
      "it takes the norms of queries and keys for LayerNorm like the others, and they are RMSNorm "
        + "(vision_config.qk_normalization)"
    case .pixelShuffle: "it shuffles pixels as ps_version v2 does, and config.json has v1"
    case .selectLayer(let layer): "it takes the last layer's output, and config.json has select_layer \(layer)"
    case .noThumbnail(let maxTiles):
      "it appends the whole picture to pictures of several tiles, and config.json has up to \(maxTiles) tiles without "
        + "use_thumbnail"
    case .squarePadding: "it knows no pad2square"
    case .missingToken(let token):
      "it writes '\(token)' around pictures, which is no added token of this tokenizer"
    }
  }

  /// The first difference of a model with this config; nil if llama.cpp computes what the model does.
  /// - Parameter addedTokens: What the tokenizer has beside the pieces of text.
  static func first(_ config: ModelConfig, _ pictures: GGUFPictures, addedTokens: Set<String>) -> VisionDifference? {
    guard let multimodal = config.multimodal else { return nil }
    let vision = multimodal.vision
    let isTakenForRMS = vision.hiddenSize == rmsSize.width && vision.layerCount == rmsSize.layers
    if (vision.normType == .rmsNorm) != isTakenForRMS {
      return .norm(vision.normType, width: vision.hiddenSize, layers: vision.layerCount)
    }
    if vision.hasQKNorm, vision.normType == .layerNorm { return .queryKeyNorm }
    if multimodal.pixelShuffle == .v1, multimodal.shuffleFactor > 1 { return .pixelShuffle }
    if multimodal.activeLayerCount != vision.layerCount { return .selectLayer(multimodal.selectLayer) }
    if !pictures.usesThumbnail, pictures.maxTiles > 1 { return .noThumbnail(maxTiles: pictures.maxTiles) }
    if config.document["pad2square"]?.boolValue == true { return .squarePadding }
    return ["<img>", "</img>"].first { !addedTokens.contains($0) }.map { .missingToken($0) }
  }
}

// The vision tower's part of config.json. What it leaves out follows `configuration_intern_vit.py` of
// OpenGVLab/InternVL in the chat layout, and transformers' `InternVLVisionConfig` in the native one.
import Basics
import JSON

/// InternViT's hyperparameters, both variants (6B: RMSNorm and qk-norm; 300M: LayerNorm and qkv bias).
public struct VisionConfig: Sendable, Equatable {
  /// How the tower normalises its hidden states.
  public enum NormType: String, Sendable { case rmsNorm = "rms_norm", layerNorm = "layer_norm" }

  /// Width C of a hidden state.
  public let hiddenSize: Int
  /// Width of the MLP.
  public let intermediateSize: Int
  public let headCount: Int
  /// Encoder layers in the checkpoint.
  public let layerCount: Int
  /// Side of a tile in pixels.
  public let imageSize: Int
  /// Side of a patch in pixels.
  public let patchSize: Int
  public let normType: NormType
  /// Epsilon of all the tower's norms.
  public let normEpsilon: Float
  /// Whether q and k are RMS-normalised over the whole width, before the head split.
  public let hasQKNorm: Bool
  /// Whether the fused qkv projection has a bias.
  public let hasQKVBias: Bool

  /// Width of one head.
  public var headDim: Int { hiddenSize / headCount }
  /// Patches along one side of a tile.
  public var gridSide: Int { imageSize / patchSize }
  /// Tokens of one tile inside the tower: the class token and the patches.
  public var tokenCount: Int { gridSide * gridSide + 1 }

  init(_ reader: ConfigReader, layout: CheckpointLayout) throws(ModelConfigError) {
    let isNative = layout == .native
    hiddenSize = try reader.int("hidden_size", default: isNative ? 1024 : 3200)
    intermediateSize = try reader.int("intermediate_size", default: isNative ? 4096 : 12800)
    headCount = try reader.int("num_attention_heads", default: isNative ? 16 : 25)
    layerCount = try reader.int("num_hidden_layers", in: 1...1024, default: isNative ? 24 : 48)
    imageSize = try reader.side("image_size", default: isNative ? 448 : 224)
    patchSize = try reader.side("patch_size", default: 14)
    normEpsilon = Float(try reader.positive("layer_norm_eps", default: 1e-6))
    hasQKNorm = try reader.bool(isNative ? "use_qk_norm" : "qk_normalization", default: !isNative)
    hasQKVBias = try reader.bool(isNative ? "attention_bias" : "qkv_bias", default: false)
    let norm = try reader.string("norm_type") ?? (isNative ? NormType.layerNorm : .rmsNorm).rawValue
    guard let normType = NormType(rawValue: norm) else {
      throw .unsupported(
        what: "\(reader.name("norm_type")) \"\(norm.displayed)\"", advice: "use rms_norm or layer_norm")
    }
    self.normType = normType
    guard hiddenSize % headCount == 0 else {
      throw .invalid(
        key: reader.name("num_attention_heads"), expected: "a divisor of \(hiddenSize)", found: "\(headCount)")
    }
    guard imageSize % patchSize == 0 else {
      throw .invalid(key: reader.name("image_size"), expected: "a multiple of \(patchSize)", found: "\(imageSize)")
    }
    let activation = try reader.string("hidden_act") ?? "gelu"
    guard activation == "gelu" else {
      throw .unsupported(what: "vision activation \"\(activation.displayed)\"", advice: "InternViT uses gelu")
    }
    if let channels = reader.value("num_channels"), channels.intValue != 3 {
      throw .unsupported(what: "a vision tower without 3 colour channels", advice: "InternViT reads RGB")
    }
  }
}

// One pure function from the names in a file to canonical names, for every layout.
//
// Canonical names are those of the InternVLChat layout (`modeling_internvl_chat.py`, `modeling_intern_vit.py` of
// OpenGVLab/InternVL), with two differences: the vision tower's fused qkv stands as q_proj, k_proj and v_proj, and a
// language model alone has the prefix `language_model.`, too. The native names are those of huggingface/transformers
// `convert_internvl_weights_to_hf.py`.

/// A canonical tensor, or a third of one, that a tensor of a file provides.
public struct CanonicalName: Sendable, Hashable {
  /// The name the model asks for.
  public let name: String
  /// Which of `partCount` equal blocks of rows of the file's tensor it is.
  public let part: Int
  /// 1, or 3 for a fused qkv.
  public let partCount: Int

  /// The whole of a file's tensor.
  public init(_ name: String) { self.init(name, part: 0, of: 1) }

  init(_ name: String, part: Int, of partCount: Int) {
    self.name = name
    self.part = part
    self.partCount = partCount
  }
}

/// Renaming of weights.
public enum WeightNames {
  /// Prefixes of derived checkpoints that the forward pass never uses (as vLLM's `internvl.py` skips them).
  public static let ignoredPrefixes = [
    "action_embed", "temporal_embed", "track_embed", "track_embed_decoder", "box_token", "cg_criterion", "cg_model",
    "loc_encoder", "loc_decoder", "sam", "temporal_token", "track_token",
  ]

  /// What `fileName` provides: one name, three for a fused qkv, none for a tensor the forward pass never uses.
  public static func canonical(_ fileName: String, layout: CheckpointLayout) -> [CanonicalName] {
    switch layout {
    case .text: return [CanonicalName(languageName(fileName))]
    case .native: return [CanonicalName(native(fileName))]
    case .chat:
      guard !ignoredPrefixes.contains(where: { fileName == $0 || fileName.hasPrefix($0 + ".") }) else { return [] }
      return splitQKV(fileName)
    }
  }

  /// A stack of layers.
  public enum Stack: Sendable {
    case decoder
    case vision

    /// What stands before the number of a layer.
    var prefix: String {
      switch self {
      case .decoder: DecoderNames.layersPrefix
      case .vision: "vision_model.encoder.layers."
      }
    }
  }

  /// The number of the layer that a canonical name belongs to; nil for other names, and for numbers that are not written
  /// as numbers of layers are, such as `01`.
  public static func layer(of name: String, in stack: Stack) -> Int? {
    guard let rest = name.removingPrefix(stack.prefix), let dot = rest.firstIndex(of: "."),
      let number = Int(rest[..<dot]), String(number) == rest[..<dot], number >= 0
    else { return nil }
    return number
  }

  private static func splitQKV(_ name: String) -> [CanonicalName] {
    let marker = ".attn.qkv."
    guard name.hasPrefix("vision_model."), let range = name.firstRange(of: marker) else {
      return [CanonicalName(name)]
    }
    return ["q_proj", "k_proj", "v_proj"].enumerated().map { index, part in
      CanonicalName(name.replacingCharacters(in: range, with: ".attn.\(part)."), part: index, of: 3)
    }
  }

  private static func languageName(_ name: String) -> String {
    name.hasPrefix(DecoderNames.prefix) ? name : DecoderNames.prefix + name
  }

  private static func native(_ fileName: String) -> String {
    let name = fileName.removingPrefix("model.") ?? fileName
    if let rest = name.removingPrefix("vision_tower.") { return "vision_model." + tower(rest) }
    if let rest = name.removingPrefix("multi_modal_projector.") { return "mlp1." + rename(rest, by: projectorNames) }
    if let rest = fileName.removingPrefix("model." + DecoderNames.prefix) {
      return DecoderNames.prefix + "model." + rest
    }
    return languageName(name)
  }

  private static func tower(_ name: String) -> String {
    let parts = name.split(separator: ".", maxSplits: 3).map(String.init)
    guard parts.count == 4, parts[0] == "encoder", parts[1] == "layer" else { return rename(name, by: embeddingNames) }
    return "encoder.layers.\(parts[2])." + rename(parts[3], by: towerLayerNames)
  }

  /// `name` with the first prefix of `table` that it has replaced.
  private static func rename(_ name: String, by table: [(from: String, to: String)]) -> String {
    for (from, to) in table {
      if let rest = name.removingPrefix(from) { return to + rest }
    }
    return name
  }

  private static let embeddingNames = [
    (from: "embeddings.cls_token", to: "embeddings.class_embedding"),
    (from: "embeddings.position_embeddings", to: "embeddings.position_embedding"),
    (from: "embeddings.patch_embeddings.projection.", to: "embeddings.patch_embedding."),
  ]
  private static let towerLayerNames = [
    (from: "attention.projection_layer.", to: "attn.proj."), (from: "attention.", to: "attn."),
    (from: "layernorm_before.", to: "norm1."), (from: "layernorm_after.", to: "norm2."),
    (from: "lambda_1", to: "ls1"), (from: "lambda_2", to: "ls2"),
  ]
  private static let projectorNames = [
    (from: "layer_norm.", to: "0."), (from: "linear_1.", to: "1."), (from: "linear_2.", to: "3."),
  ]
}

extension String {
  /// What follows `prefix`, or nil if the string does not begin with it.
  package func removingPrefix(_ prefix: String) -> String? {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
  }

  /// What comes before `suffix`, or nil if the string does not end with it.
  package func removingSuffix(_ suffix: String) -> String? {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : nil
  }

  fileprivate func replacingCharacters(in range: Range<String.Index>, with replacement: String) -> String {
    String(self[..<range.lowerBound]) + replacement + String(self[range.upperBound...])
  }
}

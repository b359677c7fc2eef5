// The key-values of vision tower and projector, as llama.cpp's tools/mtmd/clip.cpp reads them.
internal import GGUF
internal import ModelConfig
internal import ModelFiles

enum VisionMetadata {
  /// Says in which order the table of positions has its rows; llama.cpp does not read it.
  static let positionKey = "skyquant.position_embd_layout"

  /// In the order of the file.
  static func values(
    _ source: ModelFile, _ multimodal: MultimodalConfig, _ pictures: GGUFPictures, _ options: GGUFOptions
  ) -> [(key: String, value: GGUFValue)] {
    let vision = multimodal.vision
    let counts: [(String, Int)] = [
      ("image_size", vision.imageSize), ("patch_size", vision.patchSize), ("embedding_length", vision.hiddenSize),
      ("feed_forward_length", vision.intermediateSize), ("block_count", vision.layerCount),
      ("attention.head_count", vision.headCount), ("projection_dim", source.config.text.hiddenSize),
      ("projector.scale_factor", multimodal.shuffleFactor), ("preproc_min_tiles", pictures.minTiles),
      ("preproc_max_tiles", pictures.maxTiles),
    ]
    var values: [(key: String, value: GGUFValue)] = [
      ("general.architecture", .string("clip")), ("general.type", .string("mmproj")),
      ("general.name", .string(source.plainName)), ("general.file_type", .uint32(options.mmproj.fileType)),
      ("clip.projector_type", .string("internvl")), ("clip.has_vision_encoder", .bool(true)),
      ("clip.use_gelu", .bool(true)),
    ]
    if options.mmproj == .q8_0 { values.append(("general.quantization_version", .uint32(2))) }
    values += counts.map { ("clip.vision." + $0, .uint32(UInt32(clamping: $1))) }
    values += [
      ("clip.vision.attention.layer_norm_epsilon", .float32(vision.normEpsilon)),
      ("clip.vision.image_mean", .float32s(pictures.mean)), ("clip.vision.image_std", .float32s(pictures.deviation)),
      (positionKey, .string(options.positions == .llamaCpp ? "cls_last" : "cls_first")),
    ]
    return values
  }
}

extension ModelFile {
  /// The last part of its path without `.skyq`, where that is a name.
  var plainName: String {
    let last = path.split(separator: "/").last.map(String.init) ?? ""
    let name = last.removingSuffix(".skyq") ?? last
    return ["", ".", ".."].contains(name) ? "model" : name
  }
}

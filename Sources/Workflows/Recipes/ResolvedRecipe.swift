// What became of a recipe's settings for one model: the method's own choices, and those of the model's files.
internal import Calibration
internal import JSON
internal import LayerSearch
internal import ModelConfig
internal import ModelFiles
internal import ModelInputs
internal import Quantization
internal import Tokenization

extension Recipe {
  /// The settings that were left open, as this model and method decide them.
  func resolved(_ model: LoadedModel, _ options: QuantizationOptions) -> JSONValue {
    let config = model.file.config
    // Without one there are no questions.
    let template = try? model.builder.template
    let system = prompt.system ?? config.systemMessage ?? template?.defaultSystemText
    var object: JSONObject = [
      "steps": .array(options.steps.map(\.rawValue).sorted().map(JSONValue.string)),
      "propagate": .string(options.propagation.rawValue), "token_weights": .string(resolvedTokenWeighting.text),
      "widest_gram": .integer(options.widestGram),
      "bits": .integer(options.scheme.bits), "template": template.map { .string($0.name) } ?? .null,
      "system": system.map(JSONValue.string) ?? .null,
      "think": (prompt.thinks ?? template?.thinksByDefault).map(JSONValue.bool) ?? .null,
      "tiling": model.builder.pictures?.json ?? .null,
      "linears": .array(config.text.modules(where: options.isIncluded).map(options.fileName).map(JSONValue.string)),
    ]
    let ruled = options.otherCodes.filter { $0.value == .int8 }.keys.map(options.fileName).sorted()
    if !ruled.isEmpty { object["int8"] = .array(ruled.map(JSONValue.string)) }
    return .object(object)
  }
}

extension TextConfig {
  /// The names of the decoder's linears that `isIncluded` takes, layer by layer.
  func modules(where isIncluded: (String) -> Bool) -> [String] {
    (0..<layerCount).flatMap { layer in
      DecoderLinear.allCases.map { $0.moduleName(layer: layer) }.filter(isIncluded)
    }
  }
}

extension PictureSettings {
  /// How pictures are cut.
  fileprivate var json: JSONValue {
    [
      "tile_size": .integer(tileSize), "dynamic": .bool(usesDynamicTiling), "min_tiles": .integer(minTiles),
      "max_tiles": .integer(maxTiles), "thumbnail": .bool(usesThumbnail),
    ]
  }
}

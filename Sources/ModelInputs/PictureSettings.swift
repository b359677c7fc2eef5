// How a model's files say that pictures are cut and become numbers. In the native layout preprocessor_config.json decides,
// as in transformers' GotOcr2ImageProcessor; in the chat layout the original code reads config.json alone.
internal import ImageProcessing
internal import JSON
public import ModelConfig
public import Storage

/// How pictures become tiles of one model.
public struct PictureSettings: Sendable, Equatable {
  /// Side of a tile in pixels.
  public let tileSize: Int
  /// Whether pictures are cut into tiles.
  public let usesDynamicTiling: Bool
  /// Fewest and most tiles that a picture is cut into.
  public let minTiles: Int, maxTiles: Int
  /// Whether the whole picture follows as a further tile.
  public let usesThumbnail: Bool
  /// What is to be known of how the files were read; nil if there is nothing.
  public let note: String?
  /// What is subtracted of red, green and blue after the division, and what the differences are divided by.
  public let mean: [Float], deviation: [Float]
  /// What samples are divided by first.
  public let divisor: Float

  /// The settings in the files of a model with the vision tower `config`.
  /// - Throws: `ModelInputError.preprocessor` for a value that is not computed here; what reading the files throws.
  public init(_ config: MultimodalConfig, layout: CheckpointLayout, files: any NamedFiles) throws {
    let section = layout == .native ? try PreprocessorSection(files) : nil
    tileSize = config.vision.imageSize
    usesThumbnail = config.usesThumbnail
    guard let section, section.isKnown else {
      (usesDynamicTiling, minTiles, maxTiles) = (config.usesDynamicTiling, config.minTiles, config.maxTiles)
      (mean, deviation, divisor) = (Normalization.mean, Normalization.standardDeviation, 255)
      note = section?.unknownType
      return
    }
    try section.requireComputed(tileSize: tileSize)
    usesDynamicTiling = try section.cropsToPatches
    minTiles = try section.integer("min_patches", in: 1...256) ?? 1
    maxTiles = try section.integer("max_patches", in: minTiles...256) ?? max(12, minTiles)
    let isNormalized = try section.bool("do_normalize") ?? true
    mean = isNormalized ? try section.channels("image_mean") ?? PreprocessorSection.defaultMean : [0, 0, 0]
    deviation = isNormalized ? try section.channels("image_std") ?? PreprocessorSection.defaultDeviation : [1, 1, 1]
    divisor = try section.divisor
    note = try section.overriddenCropping
  }

  /// What cuts pictures so.
  var processor: ImageProcessor {
    ImageProcessor(
      tileSize: tileSize, minTiles: minTiles, maxTiles: maxTiles, usesDynamicTiling: usesDynamicTiling,
      usesThumbnail: usesThumbnail,
      normalization: Normalization(mean: mean, standardDeviation: deviation, divisor: divisor))
  }
}

// What a job that computes with models takes of memory: told before the work.
internal import Kernels
internal import ModelConfig
internal import ModelFiles
internal import ReferenceModel

/// How much memory a job will take, and within which limit.
public struct MemoryUse: Sendable, Equatable {
  /// Bytes that the process takes, at most.
  public let peak: Int
  /// What they keep below.
  public let limit: MemoryLimit
  /// How many groups samples are read in, one behind the other; each reads all layers once.
  public let groupCount: Int
}

extension LoadedModel {
  /// Bytes that are there whatever is computed, beside what the process takes already: buffers of kernels, and a layer
  /// as it is stored, whose pages are in use all the time.
  var standingByteCount: Int { Self.slackByteCount + mappedByteCount }

  /// Bytes of weights that are in use at a time, as they are stored: a layer of the decoder or of the tower.
  var mappedByteCount: Int { max(file.largestLayerByteCount, file.largestVisionPartByteCount) }

  /// Vectors, and buffers of kernels.
  static var slackByteCount: Int { (32 + 8 * Parallel.threadCount) << 20 }

  /// Bytes of a picture token, or of any other in front of the first layer.
  var hiddenByteCount: Int { LanguageModel.hiddenByteCount(file.config.text) }

  /// Bytes of a tile as tokens.
  var tileByteCount: Int { (model.vision?.tokensPerTile ?? 0) * hiddenByteCount }

  /// Bytes of so many tiles on their way through the tower, pixels among them.
  func towerByteCount(tiles: Int) -> Int {
    guard let vision = model.vision, tiles > 0 else { return 0 }
    let area = vision.tower.config.imageSize * vision.tower.config.imageSize
    // Of one tile floats, too.
    return vision.workingByteCount(tiles: tiles) + (tiles * 3 + 3 * MemoryLayout<Float>.size) * area
  }

  /// Bytes that tokens read together take inside a layer.
  func readingByteCount(tokens: Int, longest: Int) -> Int {
    LanguageModel.workingByteCount(file.config.text, tokens: tokens, longest: longest)
  }
}

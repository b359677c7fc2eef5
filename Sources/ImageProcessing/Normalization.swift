// torchvision's `ToTensor` and `Normalize` with the ImageNet constants, as InternVL's `build_transform` joins them.
public import Tensors

/// Turns 8-bit samples into the floats a vision tower reads.
///
/// `(v / 255 - mean) / std` in 32-bit floats, rounded after each of the three operations. The constants are ImageNet's
/// whatever `preprocessor_config.json` says: the original code never reads them from there.
public struct Normalization: Sendable {
  /// ImageNet's mean of red, green and blue.
  public static let mean: [Float] = [0.485, 0.456, 0.406]
  /// ImageNet's standard deviation of red, green and blue.
  public static let standardDeviation: [Float] = [0.229, 0.224, 0.225]

  /// `[3, 256]`: the float of each sample value of each channel.
  public let table: [[Float]]

  /// The normalization of InternVL and Skywork-R1V.
  public init() {
    table = zip(Self.mean, Self.standardDeviation).map { mean, deviation in
      (0...255).map { (Float($0) / 255 - mean) / deviation }
    }
  }

  /// `pixel_values` `[tiles, 3, side, side]` of `tiles`, all of which must be `side` x `side`.
  public func pixelValues(_ tiles: [PixelImage], side: Int) -> Tensor {
    let area = side * side
    var values = [Float](repeating: 0, count: tiles.count * 3 * area)
    var output = values.mutableSpan
    for (index, tile) in tiles.enumerated() {
      precondition(tile.width == side && tile.height == side, "a tile of another size")
      let samples = tile.rgb.span
      for (channel, levels) in table.enumerated() {
        let start = (index * 3 + channel) * area
        let levels = levels.span
        for pixel in 0..<area { output[start + pixel] = levels[Int(samples[pixel * 3 + channel])] }
      }
    }
    return Tensor(shape: [tiles.count, 3, side, side], values: values)
  }
}

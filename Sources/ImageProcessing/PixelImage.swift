// A decoded picture: what every step between the file and `pixel_values` reads and makes.

/// A picture of 8-bit red, green and blue samples.
public struct PixelImage: Sendable, Equatable {
  /// Pixels of a row, at least 1.
  public let width: Int
  /// Rows, at least 1.
  public let height: Int
  /// `[height, width, 3]`, row-major: red, green, blue of the top left pixel first.
  public let rgb: [UInt8]

  /// Takes over `rgb`, which must hold `height · width · 3` samples.
  public init(width: Int, height: Int, rgb: [UInt8]) {
    precondition(width > 0 && height > 0 && rgb.count == width * height * 3, "samples do not fill the picture")
    self.width = width
    self.height = height
    self.rgb = rgb
  }

  /// The `side` x `side` pixels whose top left corner is at (`left`, `top`); they must lie inside the picture.
  func cropped(left: Int, top: Int, side: Int) -> PixelImage {
    precondition(left >= 0 && top >= 0 && left + side <= width && top + side <= height, "crop outside the picture")
    var samples: [UInt8] = []
    samples.reserveCapacity(side * side * 3)
    for row in top..<top + side {
      let start = (row * width + left) * 3
      samples += rgb[start..<start + side * 3]
    }
    return PixelImage(width: side, height: side, rgb: samples)
  }
}

// The picture of Scripts/golden/image_processing.py (`picture`), by the same formula.
import ImageProcessing

/// Noise over a gradient.
func testPicture(width: Int, height: Int) -> PixelImage {
  var rgb: [UInt8] = []
  rgb.reserveCapacity(width * height * 3)
  for y in 0..<height {
    for x in 0..<width {
      for channel in 0..<3 {
        var mixed = UInt32(truncatingIfNeeded: x * 73_856_093 ^ y * 19_349_663 ^ channel * 83_492_791)
        mixed = (mixed ^ (mixed >> 13)) &* 0x5BD1_E995
        let noise = Int(mixed >> 15 & 127)
        let gradient = x * 128 / width + (channel == 1 ? y * 60 / height : 0)
        rgb.append(UInt8(min(noise + gradient, 255)))
      }
    }
  }
  return PixelImage(width: width, height: height, rgb: rgb)
}

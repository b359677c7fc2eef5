// Pillow's `Image.resize(size, BICUBIC)`, bit for bit: `libImaging/Resample.c`, 8 bits a sample.
//
// Two passes, each rounded to 8 bits. The inner loops index spans unchecked: every index comes from `ResamplingTaps`,
// whose ranges lie inside the picture.

/// Which of the two passes comes first. The order shows in single levels, since each pass rounds.
public enum PassOrder: Sendable {
  /// Horizontal, then vertical, as Pillow 11.1.0 does, the version Skywork-R1V pins.
  case pillow11
  /// As Pillow 13.0.0 (pull request 9549): vertical first if the height shrinks by more than twice the pixels by which
  /// the width shrinks, and shrinks at all.
  case pillow13

  fileprivate func isVerticalFirst(from image: PixelImage, width: Int, height: Int) -> Bool {
    self == .pillow13 && image.height - height > max(0, 2 * (image.width - width))
  }
}

/// Resizes pictures as Pillow does; the torchvision and OpenCV filters of the same name give other pixels.
public enum BicubicResampler {
  /// `image` at another size; the same picture if the size is the same.
  public static func resize(
    _ image: PixelImage, width: Int, height: Int, order: PassOrder = .pillow13
  ) -> PixelImage {
    precondition(width > 0 && height > 0, "a picture has pixels")
    if order.isVerticalFirst(from: image, width: width, height: height) {
      return resizedAcross(resizedDown(image, height: height), width: width)
    }
    return resizedDown(resizedAcross(image, width: width), height: height)
  }

  private static func resizedAcross(_ image: PixelImage, width: Int) -> PixelImage {
    guard width != image.width else { return image }
    let taps = ResamplingTaps(from: image.width, to: width)
    var samples = [UInt8](repeating: 0, count: width * image.height * 3)
    var output = samples.mutableSpan
    let (source, starts, offsets, weights) = (image.rgb.span, taps.starts.span, taps.offsets.span, taps.weights.span)
    for row in 0..<image.height {
      for column in 0..<width {
        var (red, green, blue) = (half, half, half)
        var input = (row * image.width + starts[column]) * 3
        for tap in offsets[column]..<offsets[column + 1] {
          let weight = unsafe weights[unchecked: tap]
          unsafe red &+= Int32(source[unchecked: input]) &* weight
          unsafe green &+= Int32(source[unchecked: input + 1]) &* weight
          unsafe blue &+= Int32(source[unchecked: input + 2]) &* weight
          input += 3
        }
        let pixel = (row * width + column) * 3
        output[pixel] = sample(red)
        output[pixel + 1] = sample(green)
        output[pixel + 2] = sample(blue)
      }
    }
    return PixelImage(width: width, height: image.height, rgb: samples)
  }

  private static func resizedDown(_ image: PixelImage, height: Int) -> PixelImage {
    guard height != image.height else { return image }
    let taps = ResamplingTaps(from: image.height, to: height)
    let stride = image.width * 3
    var samples = [UInt8](repeating: 0, count: stride * height)
    var sums = [Int32](repeating: 0, count: stride)
    for row in 0..<height {
      for column in 0..<stride { sums[column] = half }
      for (index, tap) in (taps.offsets[row]..<taps.offsets[row + 1]).enumerated() {
        let start = (taps.starts[row] + index) * stride
        add(image.rgb.span.extracting(start..<start + stride), times: taps.weights[tap], to: &sums)
      }
      var output = samples.mutableSpan
      for column in 0..<stride { output[row * stride + column] = sample(sums[column]) }
    }
    return PixelImage(width: image.width, height: height, rgb: samples)
  }

  /// sums[i] += source[i] · weight.
  private static func add(_ source: Span<UInt8>, times weight: Int32, to sums: inout [Int32]) {
    var sums = sums.mutableSpan
    for index in 0..<source.count {
      unsafe sums[unchecked: index] &+= Int32(source[unchecked: index]) &* weight
    }
  }

  /// One half in fixed point: sums start with it, so that cutting off the fraction rounds.
  private static let half: Int32 = 1 << (ResamplingTaps.fractionBits - 1)

  private static func sample(_ sum: Int32) -> UInt8 { UInt8(clamping: sum >> ResamplingTaps.fractionBits) }
}

// Pillow's `Image.resize(size, BICUBIC)`, bit for bit: `libImaging/Resample.c`, 8 bits a sample. The weights
// are those of its `precompute_coeffs` and `normalize_coeffs_8bpc`.
//
// Two passes, each rounded to 8 bits. The inner loops index spans unchecked: every index comes from
// `ResamplingTaps`, whose ranges lie inside the picture.

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

/// For each output sample, the input samples it is made of and their fixed-point weights.
private struct ResamplingTaps {
  /// Fraction bits of a weight: 8 bits for the sample and 2 for sums above 1 leave 22 of 32.
  static let fractionBits: Int32 = 22

  /// First input sample of each output sample.
  private(set) var starts: [Int] = []
  /// Where each output sample's weights begin in `weights`; one entry more than there are output samples.
  private(set) var offsets: [Int] = [0]
  /// The weights of all output samples one after the other; those of one add up to about 2^22.
  private(set) var weights: [Int32] = []

  /// Number of output samples.
  var count: Int { starts.count }

  /// The weights for resizing `inputCount` samples to `outputCount`.
  init(from inputCount: Int, to outputCount: Int) {
    let scale = Double(inputCount) / Double(outputCount)
    let filterScale = max(scale, 1)
    let inverseFilterScale = 1 / filterScale
    let support = 2 * filterScale
    starts.reserveCapacity(outputCount)
    offsets.reserveCapacity(outputCount + 1)
    for output in 0..<outputCount {
      let center = (Double(output) + 0.5) * scale
      let start = max(0, Int(center - support + 0.5))
      let end = min(inputCount, Int(center + support + 0.5))
      let taps = (0..<end - start).map { tap in
        Self.bicubic((Double(tap + start) - center + 0.5) * inverseFilterScale)
      }
      let sum = taps.reduce(0, +)
      starts.append(start)
      weights += taps.map { Self.fixedPoint($0 / sum) }
      offsets.append(weights.count)
    }
  }

  /// The cubic convolution kernel of R. Keys (1981) with a = -0.5.
  private static func bicubic(_ position: Double) -> Double {
    let a = -0.5
    let x = abs(position)
    if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
    return 0
  }

  /// Rounds half away from zero.
  private static func fixedPoint(_ weight: Double) -> Int32 {
    Int32(weight * Double(1 << fractionBits) + (weight < 0 ? -0.5 : 0.5))
  }
}

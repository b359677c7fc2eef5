// Weights of a bicubic resampling along one axis: `precompute_coeffs` and `normalize_coeffs_8bpc`
// of Pillow's `libImaging/Resample.c`.

/// For each output sample, the input samples it is made of and their fixed-point weights.
struct ResamplingTaps {
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

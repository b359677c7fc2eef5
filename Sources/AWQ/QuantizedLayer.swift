// What quantizing one decoder layer yields.
public import Quantization

/// Everything of a decoder layer that changed; what is not named here stays as it was.
public struct QuantizedLayer: Sendable {
  /// The layer's number.
  public var index: Int
  /// Canonical module name and quantized weight, in the layer's order.
  public var linears: [(module: String, linear: QuantizedLinear)]
  /// Canonical tensor name and values of norms and biases that absorbed scales; they are stored in half precision.
  public var folded: [(name: String, values: [Float])]
  /// One report per quantized linear.
  public var reports: [LinearReport]
  /// Canonical names of inputs whose values leave the range of half precision.
  public var warnings: [String]
}

extension QuantizedLinear {
  /// Divides row `o` by `divisors[o]`: scales change, codes stay. Exact but for the rounding of scales to half.
  mutating func divideRows(by divisors: [Float]) {
    for row in 0..<outFeatures {
      for group in row * groupsPerRow..<(row + 1) * groupsPerRow {
        scales[group] = Float16(max(Float(scales[group]) / divisors[row], QuantizationScheme.minScale))
      }
    }
  }
}

extension [Float] {
  /// Each value as half precision will hold it.
  var roundedToHalf: [Float] { map { Float(Float16($0)) } }
}

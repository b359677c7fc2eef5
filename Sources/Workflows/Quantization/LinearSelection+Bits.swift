// Bits of a decoder's linears together, and how many more a target leaves for some of them.
internal import Basics
internal import LayerSearch
internal import ModelFiles
internal import Quantization

extension LinearSelection {
  /// Stored bits for each weight of all linears of the decoder, of those that stay as they are, too.
  func bitsPerWeight(_ options: QuantizationOptions) -> Double { bitCount(options) / Double(max(weightCount, 1)) }

  /// What the linear that reports call `name` has for each weight in a raised form; of nil as it is quantized without.
  func bitsPerForm(_ options: QuantizationOptions) -> (_ name: String, _ form: RaisedForm?) -> Double {
    let linears = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }
    return { name, form in
      switch form {
      case .sixteenBit: linears[name]?.storedBitsPerWeight ?? 16
      case .int8:
        (QuantizationScheme(groupSize: options.scheme.groupSize, codes: .int8) ?? options.scheme).bitsPerWeight
      case nil: options.scheme(reported: name).bitsPerWeight
      }
    }
  }

  /// Bits that linears may take beyond what they have under `options` until they have `target` for each weight.
  func spareBits(_ target: Double, _ options: QuantizationOptions) -> Double {
    target * Double(weightCount) - bitCount(options)
  }

  /// Checks that a target leaves something to choose, and something to quantize.
  /// - Throws: `RecipeError`.
  func requireReachable(_ target: Double, _ forms: Set<RaisedForm>, _ options: QuantizationOptions) throws(RecipeError)
  {
    guard spareBits(target, options) >= 0 else {
      let least = (bitsPerWeight(options) * 1000).rounded(.up) / 1000
      throw RecipeError(
        setting: "target-bpw", demand: "must be at least \(least.upTo(3)), what the linears have without it")
    }
    let unquantized = all.reduce(0.0) { $0 + Double($1.byteCount) * 8 }
    guard !forms.contains(.sixteenBit) || target * Double(weightCount) < unquantized else {
      throw RecipeError(
        setting: "target-bpw",
        demand: "leaves no linear quantized: the original's have \((unquantized / Double(weightCount)).upTo(3))")
    }
  }

  private var weightCount: Int { all.reduce(0) { $0 + $1.outFeatures * $1.inFeatures } }

  private func bitCount(_ options: QuantizationOptions) -> Double {
    all.reduce(0) { sum, linear in
      let isQuantized = options.isIncluded(linear.module)
      let bits = isQuantized ? options.scheme(of: linear.module).bitsPerWeight : linear.storedBitsPerWeight
      return sum + bits * Double(linear.outFeatures * linear.inFeatures)
    }
  }
}

extension StoredLinear {
  fileprivate var storedBitsPerWeight: Double { Double(byteCount) * 8 / Double(max(outFeatures * inFeatures, 1)) }
}

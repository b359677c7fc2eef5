// What absorbs a site's scales, and whether half precision can hold the outcome: what differs between sites is data.
internal import Calibration
internal import Kernels
internal import ModelConfig
internal import Quantization
internal import ReferenceModel

extension LayerQuantizer {
  /// Divides what makes the site's input by its scales.
  mutating func fold(_ scales: [Float], at site: LinearSite, _ pooling: ChannelPooling) {
    switch site.absorber {
    case .norm(let name):
      layer[name].weight = stored(layer[name].weight, over: scales, site.absorber.tensor)
      folds.insert(site)
    case .rows(let name):
      let divisors = pooling.folded(scales)
      linears[name]?.divideRows(by: divisors)
      if let linear = linears[name] { layer[name].weight = linear }
      if let bias = layer[name].bias {
        layer[name].bias = stored(bias, over: divisors, site.absorber.tensor)
        folds.insert(site)
      }
    }
  }

  /// Scales can only be folded into a linear that is quantized itself.
  func foldable(_ site: LinearSite) -> Bool {
    if case .rows(let name) = site.absorber { linears[name] != nil } else { true }
  }

  func pooling(_ site: LinearSite, size: Int) -> ChannelPooling {
    guard site == .attentionOutput else { return .none(size: size) }
    return ChannelPooling(
      heads: config.kvHeadCount, repeats: config.headCount / config.kvHeadCount, width: config.headDim)
  }

  /// Whether nothing that absorbs `scales` becomes too large for half precision.
  func isStorable(_ scales: [Float], at site: LinearSite, _ pooling: ChannelPooling) -> Bool {
    func fit(_ values: [Float], _ divisors: [Float]) -> Bool {
      zip(values, divisors).allSatisfy { abs($0 / $1) <= Float(Float16.greatestFiniteMagnitude) }
    }
    switch site.absorber {
    case .norm(let name): return fit(layer[name].weight, scales)
    case .rows(let name):
      let divisors = pooling.folded(scales)
      guard let linear = linears[name] else { return true }
      return fit(layer[name].bias ?? [], divisors) && fit(linear.largestScales, divisors)
    }
  }

  /// `values` over `divisors` as half precision holds them.
  private mutating func stored(_ values: [Float], over divisors: [Float], _ name: String) -> [Float] {
    let halves = zip(values, divisors).map { $0 / $1 }.roundedToHalf
    let lost = zip(values, halves).count { $0 != 0 && $1 == 0 }
    if lost > 0 { warnings.append("layer \(index) \(name): \(lost) values are so small that they become zero") }
    return halves
  }
}

extension QuantizedLinear {
  /// Divides row `o` by `divisors[o]`: scales change, codes stay. Exact but for the rounding of scales to half.
  fileprivate mutating func divideRows(by divisors: [Float]) {
    for row in 0..<outFeatures {
      for group in row * groupsPerRow..<(row + 1) * groupsPerRow {
        scales[group] = Float16(max(Float(scales[group]) / divisors[row], QuantizationScheme.minScale))
      }
    }
  }

  /// The largest scale of each row.
  fileprivate var largestScales: [Float] {
    (0..<outFeatures).map { row in
      scales[row * groupsPerRow..<(row + 1) * groupsPerRow].reduce(0) { max($0, Float($1)) }
    }
  }
}

extension [Float] {
  /// Each value as half precision will hold it.
  fileprivate var roundedToHalf: [Float] { map { Float(Float16($0)) } }
}

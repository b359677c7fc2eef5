// Quantizes one decoder layer, site by site in the order of computation, so that a later site can see what the
// earlier ones became.
internal import Kernels
internal import ModelConfig
internal import Quantization
internal import ReferenceModel
internal import Tensors

/// Which activations a layer's statistics come from.
public enum Propagation: String, Sendable, CaseIterable {
  /// Those of the original model.
  case float
  /// Those of the model quantized so far.
  case quantized
}

/// The two streams through a layer, and what is decided on the way.
struct LayerQuantizer {
  let index: Int
  let config: TextConfig
  let options: QuantizationOptions
  private let original: DecoderLayer
  private var layer: DecoderLayer
  private var linears: [DecoderLinear: QuantizedLinear] = [:]
  private var reports: [LinearReport] = []
  private var folds: Set<DecoderLinear> = []
  private var foldedNorms: Set<LinearSite> = []
  private var warnings: [String] = []

  init(index: Int, layer: DecoderLayer, config: TextConfig, options: QuantizationOptions) {
    self.index = index
    self.config = config
    self.options = options
    original = layer
    self.layer = layer
  }

  /// Quantizes the layer while `streams` pass through it.
  mutating func run(
    _ streams: inout CalibrationStreams, samples: [CalibrationSample], rotary: [RotaryTable],
    onSite: (LinearSite) throws -> Void
  ) rethrows -> QuantizedLayer {
    for site in LinearSite.allCases {
      let statistics = streams.statistics(
        at: site, size: original[site.linears[0]].weight.columns, original: original, quantized: layer,
        samples: samples, rotary: rotary)
      audit(statistics, site)
      if let scales = quantize(site, statistics) { streams.divideQuantized(by: scales) }
      try onSite(site)
    }
    streams.leave(original: original, quantized: layer)
    return result()
  }

  /// Quantizes the linears of a site; returns the scales if they were folded into rows before it.
  private mutating func quantize(_ site: LinearSite, _ statistics: SiteStatistics) -> [Float]? {
    let names = site.linears.filter { options.quantizes($0.moduleName(layer: index), original[$0].weight) }
    guard !names.isEmpty else { return nil }
    let weights = names.map { original[$0].weight.decoded() }
    let pooling = pooling(site, size: weights[0].shape[1])
    let quantizer = SiteQuantizer(
      weights: weights, targets: weights.map { DriftCorrection.target(of: $0, statistics) }, statistics: statistics,
      scheme: options.scheme, pooling: pooling,
      method: options.method, searchesScales: names == site.linears && foldable(site))
    let outcome = quantizer.quantized()
    for (position, name) in names.enumerated() {
      let candidate = outcome.linears[position]
      linears[name] = candidate.linear
      layer[name].weight = FloatMatrix(candidate.linear)
      reports.append(
        LinearReport(
          module: name.moduleName(layer: index), outFeatures: weights[position].shape[0],
          inFeatures: weights[position].shape[1], method: candidate.method, rule: outcome.scale.rule,
          ratio: outcome.scale.ratio, outputEnergy: statistics.judge.gram.error(of: weights[position]),
          errorBefore: outcome.roundingErrors[position], errorAfter: candidate.error,
          largestInput: statistics.largest))
    }
    return outcome.scale.rule == .identity ? nil : fold(outcome.scale.scales, into: site.fold, site, pooling)
  }

  /// Divides what comes before the site by its scales.
  private mutating func fold(_ scales: [Float], into target: ScaleFold, _ site: LinearSite, _ pooling: ChannelPooling)
    -> [Float]?
  {
    switch target {
    case .inputNorm:
      layer.inputNorm.weight = zip(layer.inputNorm.weight, scales).map { $0 / $1 }.roundedToHalf
      foldedNorms.insert(site)
      return nil
    case .postAttentionNorm:
      layer.postAttentionNorm.weight = zip(layer.postAttentionNorm.weight, scales).map { $0 / $1 }.roundedToHalf
      foldedNorms.insert(site)
      return nil
    case .rows(let name):
      let divisors = pooling.folded(scales)
      linears[name]?.divideRows(by: divisors)
      if let linear = linears[name] { layer[name].weight = FloatMatrix(linear) }
      if let bias = layer[name].bias {
        layer[name].bias = zip(bias, divisors).map { $0 / $1 }.roundedToHalf
        folds.insert(name)
      }
      return scales
    }
  }

  /// Scales can only be folded into a linear that is quantized itself.
  private func foldable(_ site: LinearSite) -> Bool {
    if case .rows(let name) = site.fold { linears[name] != nil } else { true }
  }

  private func pooling(_ site: LinearSite, size: Int) -> ChannelPooling {
    guard site == .attentionOutput else { return .none(size: size) }
    return ChannelPooling(
      heads: config.kvHeadCount, repeats: config.headCount / config.kvHeadCount, width: config.headDim)
  }

  private mutating func audit(_ statistics: SiteStatistics, _ site: LinearSite) {
    let place = "layer \(index) \(site.rawValue)"
    if statistics.hasNonFinite { warnings.append("\(place): NaN or infinite activations; plain rounding is used") }
    if statistics.largest > Float(Float16.greatestFiniteMagnitude) {
      warnings.append("\(place): |x| reaches \(statistics.largest), beyond half precision; serve in bf16")
    }
  }

  private func result() -> QuantizedLayer {
    let prefix = "language_model.model.layers.\(index)."
    var folded: [(name: String, values: [Float])] = []
    if foldedNorms.contains(.attentionInput) {
      folded.append((prefix + "input_layernorm.weight", layer.inputNorm.weight))
    }
    if foldedNorms.contains(.mlpInput) {
      folded.append((prefix + "post_attention_layernorm.weight", layer.postAttentionNorm.weight))
    }
    for name in DecoderLinear.allCases where folds.contains(name) {
      if let bias = layer[name].bias { folded.append((prefix + name.rawValue + ".bias", bias)) }
    }
    let ordered = DecoderLinear.allCases.compactMap { name in
      linears[name].map { (module: name.moduleName(layer: index), linear: $0) }
    }
    return QuantizedLayer(index: index, linears: ordered, folded: folded, reports: reports, warnings: warnings)
  }
}

extension FloatMatrix {
  /// The weights that a quantized linear stands for, decoded once.
  fileprivate init(_ linear: QuantizedLinear) {
    self.init(rows: linear.outFeatures, columns: linear.inFeatures, values: linear.dequantized().values)
  }
}

// Quantizes one decoder layer, site by site in the order of computation, so that a later site can see what the
// earlier ones became.
internal import Calibration
internal import Kernels
internal import ModelConfig
internal import Quantization
internal import ReferenceModel
internal import Tensors

/// The two streams through a layer, and what is decided on the way.
struct LayerQuantizer {
  let index: Int
  let config: TextConfig
  let options: QuantizationOptions
  let original: DecoderLayer
  var layer: DecoderLayer
  var linears: [DecoderLinear: QuantizedLinear] = [:]
  private var reports: [DecoderLinear: LinearReport] = [:]
  /// Sites whose scales changed a norm or a bias.
  var folds: Set<LinearSite> = []
  var warnings: [String] = []

  init(index: Int, layer: DecoderLayer, config: TextConfig, options: QuantizationOptions) {
    self.index = index
    self.config = config
    self.options = options
    original = layer
    self.layer = layer
  }

  /// Quantizes the layer while `streams` pass through it.
  mutating func run(
    _ streams: inout CalibrationStreams, onSite: (LinearSite) throws -> Void
  ) throws -> LayerOutcome {
    for site in LinearSite.allCases {
      let blocks = ColumnBlocks(
        site: site, size: original[site.linears[0]].weight.columns, groupSize: options.scheme.groupSize,
        limit: options.widestGram)
      let statistics = streams.statistics(at: site, blocks: blocks, original: original, quantized: layer)
      audit(statistics, site)
      if let scales = try quantize(site, blocks, statistics) { streams.absorb(scales, at: site, of: layer) }
      try onSite(site)
    }
    streams.leave(original: original, quantized: layer)
    return result()
  }

  /// Quantizes the linears of a site; returns the scales that were folded into what is before it.
  /// - Throws: `QuantizationError.nonFiniteWeight`.
  private mutating func quantize(
    _ site: LinearSite, _ blocks: ColumnBlocks, _ statistics: [SiteStatistics]
  ) throws -> [Float]? {
    let names = site.linears.filter { options.quantizes($0.moduleName(layer: index), original[$0].weight) }
    guard !names.isEmpty else { return nil }
    let weights = try names.map { try finiteWeight($0) }
    func quantized(searchingScales: Bool) -> [SiteOutcome] {
      zip(blocks.ranges, statistics).map { range, statistics in
        let problem = SiteProblem(
          names: names, weights: weights.map { blocks.part(range, of: $0) }, statistics: statistics, options: options,
          pooling: self.pooling(site, size: range.count), searchesScales: searchingScales)
        return SiteSearch(site: problem, method: options.method).outcome()
      }
    }
    var outcomes = quantized(searchingScales: names == site.linears && foldable(site))
    var scales = outcomes.flatMap(\.scale.scales)
    let pooling = pooling(site, size: blocks.size)
    if outcomes.contains(where: \.isScaled), !isStorable(scales, at: site, pooling) {
      warnings.append("layer \(index) \(site.rawValue): scales would lead out of half precision; none are used")
      outcomes = quantized(searchingScales: false)
      scales = outcomes.flatMap(\.scale.scales)
    }
    for (position, name) in names.enumerated() {
      let linear = QuantizedLinear(joining: outcomes.map { $0.linears[position].linear })
      linears[name] = linear
      layer[name].weight = FloatMatrix(linear)
      reports[name] = report(
        name, position, outcomes, statistics, counts: counts(weights[position], scales, linear, statistics))
    }
    guard outcomes.contains(where: \.isScaled) else { return nil }
    fold(scales, at: site, pooling)
    return scales
  }

  /// What is told of the linear at `position` of a site, whose blocks ended in `outcomes`.
  private func report(
    _ name: DecoderLinear, _ position: Int, _ outcomes: [SiteOutcome], _ statistics: [SiteStatistics],
    counts: RangeCounts
  ) -> LinearReport {
    let weight = original[name].weight
    let parts = outcomes.map { $0.linears[position] }
    return LinearReport(
      module: name.moduleName(layer: index), outFeatures: weight.rows, inFeatures: weight.columns,
      rounding: parts.map(\.rounding).strongest, rule: outcomes[0].scale.rule, ratio: outcomes[0].scale.ratio,
      outputEnergy: outcomes.reduce(0) { $0 + $1.outputEnergies[position] },
      errorBefore: outcomes.reduce(0) { $0 + $1.roundingErrors[position] },
      errorAfter: parts.reduce(0) { $0 + $1.error },
      largestInput: statistics.reduce(0) { max($0, $1.largest) },
      outlierChannels: OutlierChannel.among(statistics.flatMap(\.energy)), counts: counts)
  }

  private func counts(
    _ weight: Tensor, _ scales: [Float], _ linear: QuantizedLinear, _ statistics: [SiteStatistics]
  ) -> RangeCounts {
    var counts = RangeCounts(weight, columnScales: scales, linear: linear)
    let seen = statistics.filter { $0.fit.gram.totalWeight > 0 }
    counts.deadChannels = seen.reduce(0) { $0 + $1.energy.count { $0 == 0 } }
    return counts
  }

  private func finiteWeight(_ name: DecoderLinear) throws -> Tensor {
    let weight = original[name].weight.decoded()
    guard let index = weight.values.firstIndex(where: { !$0.isFinite }) else { return weight }
    throw QuantizationError.nonFiniteWeight(
      module: name.moduleName(layer: self.index), row: index / weight.rowWidth, column: index % weight.rowWidth)
  }

  private mutating func audit(_ statistics: [SiteStatistics], _ site: LinearSite) {
    let place = "layer \(index) \(site.rawValue)"
    if statistics.contains(where: \.hasNonFinite) {
      warnings.append("\(place): NaN or infinite activations; plain rounding is used")
    }
    let largest = statistics.reduce(0) { max($0, $1.largest) }
    if largest > Float(Float16.greatestFiniteMagnitude) {
      warnings.append("\(place): |x| reaches \(largest), beyond half precision; serve in bf16")
    }
  }

  /// What absorbed the site's scales in half precision.
  private func absorbed(at site: LinearSite) -> [Float]? {
    switch site.absorber {
    case .norm(let name): layer[name].weight
    case .rows(let name): layer[name].bias
    }
  }

  private func result() -> LayerOutcome {
    var outcome = LayerOutcome(index: index, warnings: warnings)
    for site in LinearSite.allCases where folds.contains(site) {
      outcome.layer.folded[DecoderNames.layer(index) + "." + site.absorber.tensor] = absorbed(at: site)
    }
    for name in DecoderLinear.allCases {
      guard let linear = linears[name], var report = reports[name] else { continue }
      outcome.layer.linears[report.module] = linear
      // Only now: linears absorb the scales of later sites.
      report.counts.smallestScales = max(0, linear.smallestScaleCount - report.counts.zeroGroups)
      outcome.reports.append(report)
      if linear.beyondHalfCount > 0 {
        outcome.warnings.append(
          "\(report.module): weights of \(linear.beyondHalfCount) groups reach beyond half precision, in which scales "
            + "are stored; leave it in 16 bit with --skip")
      }
    }
    return outcome
  }
}

extension [Rounding] {
  /// The one of all blocks of a linear that does most.
  fileprivate var strongest: Rounding { Rounding.allCases.last { contains($0) } ?? .plain }
}

extension FloatMatrix {
  /// The weights that a quantized linear stands for, decoded once.
  init(_ linear: QuantizedLinear) {
    self.init(rows: linear.outFeatures, columns: linear.inFeatures, values: linear.dequantized().values)
  }
}

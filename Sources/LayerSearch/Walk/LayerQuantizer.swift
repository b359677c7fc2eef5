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
  private let keptTargets: Set<LinearSite>
  let original: DecoderLayer
  var layer: DecoderLayer
  var linears: [DecoderLinear: QuantizedLinear] = [:]
  private var reports: [DecoderLinear: LinearReport] = [:]
  private var raisedErrors: [DecoderLinear: RaisedErrors] = [:]
  /// Sites whose scales changed a norm or a bias.
  var folds: Set<LinearSite> = []
  var warnings: [String] = []

  /// - Parameter keptTargets: See `QuantizationMemory`.
  init(
    index: Int, layer: DecoderLayer, config: TextConfig, options: QuantizationOptions, keptTargets: Set<LinearSite>
  ) {
    self.keptTargets = keptTargets
    self.index = index
    self.config = config
    self.options = options
    original = layer
    self.layer = layer
  }

  /// Quantizes the layer while `streams` pass through it.
  /// - Throws: `QuantizationError.nonFiniteWeight`, `StorageError.failed`, what `onSite` throws.
  mutating func run(
    _ streams: inout CalibrationStreams, onSite: (LinearSite) throws -> Void
  ) throws -> LayerOutcome {
    for site in LinearSite.allCases {
      let names = site.linears.filter { options.quantizes($0.moduleName(layer: index), original[$0].weight) }
      for name in names { try requireFinite(name) }
      releaseLargeWeights()
      if streams.isEmpty {
        for name in names { keep(plainlyRounded(name), of: name) }
      } else if let scales = try quantize(names, at: site, &streams) {
        streams.absorb(scales)
      }
      try onSite(site)
    }
    try streams.leave(layers)
    return result()
  }

  /// The layer in both models.
  private var layers: InBothModels<DecoderLayer> { InBothModels(original: original, quantized: layer) }

  /// Quantizes linears of a site; returns the scales that were folded into what is before it.
  private mutating func quantize(
    _ names: [DecoderLinear], at site: LinearSite, _ streams: inout CalibrationStreams
  ) throws -> [Float]? {
    let weight = original[site.linears[0]].weight
    let blocks = ColumnBlocks(
      site: site, size: weight.columns, groupSize: options.scheme.groupSize, limit: options.widestGram)
    var searched = try search(
      names, at: site, blocks, &streams, searchesScales: names == site.linears && foldable(site))
    audit(searched.seen, site)
    guard !names.isEmpty else { return nil }
    let pooling = pooling(site, size: blocks.size)
    if searched.isScaled, !isStorable(searched.scales, at: site, pooling) {
      warnings.append("layer \(index) \(site): scales would lead out of half precision; none are used")
      searched = try search(names, at: site, blocks, &streams, searchesScales: false)
    }
    for (position, name) in names.enumerated() {
      let linear = searched.linear(position)
      keep((linear, report(name, position, searched, counts: counts(name, searched, linear))), of: name)
      raisedErrors[name] = searched.raisedErrors(position)
    }
    guard searched.isScaled else { return nil }
    fold(searched.scales, at: site, pooling)
    return searched.scales
  }

  /// Searches the blocks of a site, a run of them after the other, so that the sums of one run only are in memory.
  private func search(
    _ names: [DecoderLinear], at site: LinearSite, _ blocks: ColumnBlocks, _ streams: inout CalibrationStreams,
    searchesScales: Bool
  ) throws -> SearchedSite {
    var searched = SearchedSite()
    let outFeatures = original[site.linears[0]].weight.rows
    let runs =
      names.isEmpty ? [blocks.ranges.indices] : streams.runs(of: blocks, at: site, outFeatures: outFeatures)
    for run in runs {
      let statistics = try streams.statistics(at: site, blocks, run, in: layers, sumsProducts: !names.isEmpty)
      for (block, statistics) in zip(run, statistics) {
        searched.seen.append(SeenInputs(statistics))
        guard !names.isEmpty else { continue }
        let weights = names.map { blocks.part(block, of: original[$0].weight) }
        releaseLargeWeights()
        let problem = SiteProblem(
          names: names, weights: weights, statistics: statistics, options: options,
          scheme: options.scheme(of: names[0].moduleName(layer: index)),
          pooling: pooling(site, size: blocks.ranges[block].count), searchesScales: searchesScales,
          keepsTargets: keptTargets.contains(site))
        searched.outcomes.append(SiteSearch(site: problem, method: options.method).outcome())
      }
    }
    return searched
  }

  private mutating func keep(_ quantized: (linear: QuantizedLinear, report: LinearReport), of name: DecoderLinear) {
    linears[name] = quantized.linear
    layer[name].weight = quantized.linear
    reports[name] = quantized.report
  }

  private func fileName(of linear: DecoderLinear) -> String { options.fileName(linear.moduleName(layer: index)) }

  /// A linear of which no sample says anything.
  private func plainlyRounded(_ name: DecoderLinear) -> (QuantizedLinear, LinearReport) {
    let weight = original[name].weight
    let unscaled = [Float](repeating: 1, count: weight.columns)
    let linear = QuantizedLinear(
      rounding: weight, columnScales: unscaled,
      scheme: options.scheme(of: name.moduleName(layer: index)))
    return (
      linear,
      LinearReport(
        module: fileName(of: name), outFeatures: weight.rows, inFeatures: weight.columns, rounding: .plain,
        rule: .identity, ratio: 0, outputEnergy: 0, errorBefore: 0, errorAfter: 0, largestInput: 0, outlierChannels: [],
        counts: RangeCounts(weight, columnScales: unscaled, linear: linear))
    )
  }

  /// What is told of the linear at `position` of a site.
  private func report(
    _ name: DecoderLinear, _ position: Int, _ searched: SearchedSite, counts: RangeCounts
  ) -> LinearReport {
    let weight = original[name].weight
    let outcomes = searched.outcomes, parts = outcomes.map { $0.linears[position] }
    return LinearReport(
      module: fileName(of: name), outFeatures: weight.rows, inFeatures: weight.columns,
      rounding: parts.map(\.rounding).strongest, rule: outcomes[0].scale.rule, ratio: outcomes[0].scale.ratio,
      outputEnergy: outcomes.reduce(0) { $0 + $1.outputEnergies[position] },
      errorBefore: outcomes.reduce(0) { $0 + $1.roundingErrors[position] },
      errorAfter: parts.reduce(0) { $0 + $1.error },
      largestInput: searched.seen.reduce(0) { max($0, $1.largest) },
      outlierChannels: OutlierChannel.among(searched.seen.flatMap(\.energy)), counts: counts)
  }

  private func counts(_ name: DecoderLinear, _ searched: SearchedSite, _ linear: QuantizedLinear) -> RangeCounts {
    var counts = RangeCounts(original[name].weight, columnScales: searched.scales, linear: linear)
    counts.deadChannels = searched.seen.reduce(0) { $0 + $1.silentChannelCount }
    return counts
  }

  /// - Throws: `QuantizationError.nonFiniteWeight`.
  private func requireFinite(_ name: DecoderLinear) throws(QuantizationError) {
    guard let place = original[name].weight.firstNonFinite() else { return }
    throw .nonFiniteWeight(module: fileName(of: name), row: place.row, column: place.column)
  }

  /// Large weights are mapped only while they are read.
  private func releaseLargeWeights() {
    for linear in DecoderLinear.allCases where original[linear].weight.isLarge { original[linear].weight.release() }
  }

  private mutating func audit(_ seen: [SeenInputs], _ site: LinearSite) {
    let place = "layer \(index) \(site)"
    if seen.contains(where: \.hasNonFinite) {
      warnings.append("\(place): NaN or infinite activations; plain rounding is used")
    }
    let largest = seen.reduce(0) { max($0, $1.largest) }
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
      outcome.layer.linears[name.moduleName(layer: index)] = linear
      // Only now: linears absorb the scales of later sites.
      report.counts.smallestScales = max(0, linear.smallestScaleCount - report.counts.zeroGroups)
      outcome.reports.append(report)
      outcome.raisedErrors[report.module] = raisedErrors[name]
      if linear.beyondHalfCount > 0 {
        outcome.warnings.append(
          "\(report.module): weights of \(linear.beyondHalfCount) groups reach beyond half precision, in which scales "
            + "are stored; leave it in 16 bit with --skip")
      }
    }
    return outcome
  }
}

// Codes of eight bits for linears outside the decoder's layers, by the same roundings as for those inside.
internal import Calibration
internal import Kernels
internal import ModelConfig
internal import Quantization
internal import Tensors

/// Rounds linears of one part, whose inputs have been summed up.
struct OutsideSearch {
  let options: QuantizationOptions
  /// Of eight bits.
  let scheme: QuantizationScheme

  /// Weights of a linear that are searched together, 256 MiB of floats: a head has many more rows than any linear of a
  /// layer, and no row's codes depend on another's.
  private static let weightsAtOnce = 1 << 26

  /// - Parameter options: As for the decoder, whose group size all have.
  init(_ options: QuantizationOptions) {
    self.options = options
    scheme = QuantizationScheme(groupSize: options.scheme.groupSize, codes: .int8) ?? options.scheme
  }

  /// What becomes of `linears`.
  /// - Throws: `QuantizationError.nonFiniteWeight`.
  func outcome(
    of linears: [OutsideLinear], in part: OutsidePart, _ sums: consuming OutsideSums
  ) throws(QuantizationError) -> OutsideOutcome {
    var outcome = OutsideOutcome(part: part)
    var inputs: [OutsideInput] = []
    for linear in linears where !inputs.contains(linear.input) { inputs.append(linear.input) }
    for input in inputs {
      let statistics = sums.takeStatistics(at: input)
      for linear in linears where linear.input == input {
        if let place = linear.weight.firstNonFinite() {
          throw .nonFiniteWeight(module: linear.name, row: place.row, column: place.column)
        }
        let (quantized, report) = searched(linear, statistics)
        linear.weight.release()
        outcome.layer.linears[linear.module] = quantized
        outcome.reports.append(report)
      }
    }
    return outcome
  }

  /// One run of rows after the other.
  private func searched(
    _ linear: OutsideLinear, _ statistics: [SiteStatistics]
  ) -> (QuantizedLinear, LinearReport) {
    let weight = linear.weight, blocks = options.blocks(of: weight)
    var report = LinearReport(module: linear.name)
    (report.outFeatures, report.inFeatures) = (weight.rows, weight.columns)
    var parts: [QuantizedLinear] = [], roundings: [Rounding] = []
    for rows in Self.runs(of: weight) {
      let decoded = weight.decoded(rows: rows)
      let outcomes = zip(blocks.ranges, statistics).map { range, statistics in
        outcome(of: blocks.part(range, of: decoded), statistics)
      }
      for outcome in outcomes {
        report.outputEnergy += outcome.outputEnergies[0]
        report.errorBefore += outcome.roundingErrors[0]
        report.errorAfter += outcome.linears[0].error
        roundings.append(outcome.linears[0].rounding)
      }
      parts.append(QuantizedLinear(joining: outcomes.map { $0.linears[0].linear }))
    }
    let quantized = QuantizedLinear(stacking: parts), seen = statistics.map(SeenInputs.init)
    report.rounding = roundings.strongest
    report.largestInput = seen.reduce(0) { max($0, $1.largest) }
    report.outlierChannels = OutlierChannel.among(seen.flatMap(\.energy))
    report.counts = RangeCounts(
      weight, columnScales: [Float](repeating: 1, count: weight.columns), linear: quantized)
    report.counts.deadChannels = seen.reduce(0) { $0 + $1.silentChannelCount }
    report.counts.smallestScales = max(0, quantized.smallestScaleCount - report.counts.zeroGroups)
    return (quantized, report)
  }

  private func outcome(of weight: Tensor, _ statistics: SiteStatistics) -> SiteOutcome {
    let problem = SiteProblem(
      names: [nil], weights: [FloatMatrix(weight)], statistics: statistics, options: options, scheme: scheme,
      pooling: .none(size: weight.rowWidth), searchesScales: false, keepsTargets: true)
    return SiteSearch(site: problem, method: options.method).outcome()
  }

  /// Rows that are searched together.
  private static func runs(of weight: any WeightMatrix) -> [Range<Int>] {
    let count = rowsAtOnce(columns: weight.columns)
    return stride(from: 0, to: weight.rows, by: count).map { $0..<min(weight.rows, $0 + count) }
  }

  private static func rowsAtOnce(columns: Int) -> Int { max(8, weightsAtOnce / max(columns, 1) / 8 * 8) }

  /// Bytes that the search of a linear takes beside its statistics: of the widest block the Gram matrix damped, as a factor
  /// and in between; rows corrected, scaled, rounded and judged; the codes of the whole linear, and its words.
  static func byteCount(rows: Int, columns: Int, widestBlock: Int) -> Int {
    let together = min(rows, rowsAtOnce(columns: columns)) * columns
    return (7 * widestBlock * widestBlock + 8 * together) * MemoryLayout<Float>.size + 3 * rows * columns
  }
}

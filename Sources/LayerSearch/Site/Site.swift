// One site as a problem: what is to be quantized, and all that is known of its input.
internal import Calibration
internal import Kernels
internal import ModelConfig
internal import Quantization
internal import Tensors

/// The linears that share one input, and what is known of that input.
struct SiteProblem: Sendable {
  /// What is rounded in place of a weight.
  private enum Target: Sendable {
    /// The weight itself.
    case weight
    /// The weight, corrected for the drift of the inputs.
    case kept(FloatMatrix)
    /// The same, made each time: so much of the least-squares step is added.
    case made(Float)
  }

  /// Which linears of a decoder layer they are; nil for others.
  let names: [DecoderLinear?]
  /// The original weights, `[out, in]` each.
  private(set) var weights: [any WeightMatrix]
  /// The output errors of what takes the weights' places, on the tokens that judge.
  private(set) var judges: [OutputError]
  /// The errors of plain rounding, by the judges.
  private(set) var roundingErrors: [Double]
  private var targets: [Target]
  /// Some rows of the targets.
  private let targetSamples: [Tensor]
  let statistics: SiteStatistics
  let scheme: QuantizationScheme
  let pooling: ChannelPooling
  /// Whether the site's scales can be folded into what comes before.
  let searchesScales: Bool
  /// Share of the Hessian's mean diagonal added to its diagonal before codes are fitted to it.
  let damping: Double
  /// What is done.
  let steps: Set<QuantizationStep>
  private let measuresRaisedErrors: Bool
  private let channels: ChannelStatistics
  private let correction: DriftCorrection?
  /// Kept where it is less than a linear; a factor is made anew where a target is.
  private let solution: DriftCorrection.Solution?

  /// - Parameters:
  ///   - scheme: Of all linears: loaders fuse those that share an input.
  ///   - keepsTargets: Whether what takes as much memory as the weights in f32 is kept instead of made anew.
  init(
    names: [DecoderLinear?], weights: [any WeightMatrix], statistics: SiteStatistics, options: QuantizationOptions,
    scheme: QuantizationScheme, pooling: ChannelPooling, searchesScales: Bool, keepsTargets: Bool
  ) {
    self.names = names
    self.weights = weights
    self.statistics = statistics
    self.pooling = pooling
    self.scheme = scheme
    damping = options.damping
    steps = options.steps
    measuresRaisedErrors = options.measuresRaisedErrors
    self.searchesScales = searchesScales && steps.contains(.scales)
    channels = ChannelStatistics(
      meanAbs: statistics.meanAbs, energy: statistics.energy,
      weightMean: ChannelStatistics.weightMean(weights, groupSize: scheme.groupSize))
    let correction =
      steps.contains(.correction) ? DriftCorrection(statistics.fit, damping: options.correctionDamping) : nil
    let solution = correction?.solution()
    self.correction = correction
    if case .map = solution { self.solution = solution } else { self.solution = nil }
    let starts = Self.mapLinears(weights) { index in
      // What drift pulls at is made once for all that is judged here.
      let weight = weights[index], judge = OutputError(of: weight, statistics.judge)
      let error = Self.roundingError(of: weight, scheme, by: judge)
      let target = solution.flatMap { correction?.target(of: weight, by: judge, $0) }
      return Start(
        judge: keepsTargets ? judge : judge.withoutPull, roundingError: error,
        target: target.map { keepsTargets ? .kept($0.weight) : .made($0.length) } ?? .weight,
        sample: ScaleSearch.judged(target?.weight ?? weight))
    }
    judges = starts.map(\.judge)
    roundingErrors = starts.map(\.roundingError)
    targets = starts.map(\.target)
    targetSamples = starts.map(\.sample)
  }

  /// What is known of a linear before anything is chosen.
  private struct Start: Sendable {
    let judge: OutputError
    let roundingError: Double
    let target: Target
    /// Some rows of the target.
    let sample: Tensor
  }

  private static func roundingError(
    of weight: any WeightMatrix, _ scheme: QuantizationScheme, by judge: OutputError
  ) -> Double {
    let unscaled = [Float](repeating: 1, count: weight.columns)
    let linear = QuantizedLinear(rounding: weight, columnScales: unscaled, scheme: scheme)
    return judge.errors(of: [linear], inverseScales: unscaled)[0]
  }

  /// What is rounded in place of the weight at `index`, with its columns multiplied by `scales`; a copy.
  func target(_ index: Int, columnScales scales: [Float]) -> Tensor {
    var scaled = target(index)
    scaled.multiplyColumns(by: scales)
    return scaled
  }

  private func target(_ index: Int) -> Tensor {
    switch targets[index] {
    case .weight: break
    case .kept(let target): return Tensor(shape: [target.rows, target.columns], values: target.values)
    case .made(let length):
      guard let correction, let solution = solution ?? correction.solution(),
        let target = correction.target(of: weights[index], by: judges[index], length: length, solution)?.weight
      else { break }
      return Tensor(shape: [target.rows, target.columns], values: target.values)
    }
    return weights[index].decoded(columns: 0..<weights[index].columns)
  }

  /// `body` of every linear, by its position: side by side while they are small, for their many short loops would keep
  /// workers waiting for each other; one after the other where one of them keeps all busy, and their buffers are large.
  /// Then the weight is not mapped while another one is at work.
  func mapLinears<Result: Sendable>(_ body: @Sendable (Int) -> Result) -> [Result] {
    Self.mapLinears(weights, body)
  }

  private static func mapLinears<Result: Sendable>(
    _ weights: [any WeightMatrix], _ body: @Sendable (Int) -> Result
  ) -> [Result] {
    guard weights.contains(where: \.isLarge) else { return Parallel.mapPieces(weights.count, body) }
    return weights.indices.map { index in
      defer { weights[index].release() }
      return body(index)
    }
  }

  /// What each linear would lose with more bits, on the tokens that judge; nil unless that was asked for.
  func raisedErrors() -> [RaisedErrors]? {
    guard measuresRaisedErrors, let eight = QuantizationScheme(groupSize: scheme.groupSize, codes: .int8) else {
      return nil
    }
    let unscaled = identity.scales
    return mapLinears { index in
      let linear = QuantizedLinear(rounding: target(index, columnScales: unscaled), scheme: eight)
      return RaisedErrors(
        eightBits: judges[index].errors(of: [linear], inverseScales: unscaled)[0], original: judges[index].unchanged)
    }
  }

  /// Scales of 1.
  var identity: ScaleCandidate { .identity(size: statistics.fit.gram.size) }

  /// The scales that `source` finds; the identity where none can be folded.
  func scale(from source: ScaleSource) -> ScaleCandidate {
    guard searchesScales else { return identity }
    switch source {
    case .search: return search(for: targetSamples).best().candidate
    case .autoAWQGrid:
      // Nothing later makes up for its scales, so that more rows judge them.
      return pooling.repeats == 1 ? search(for: weights.map { ScaleSearch.judged($0, rows: 64) }).autoAWQ() : identity
    }
  }

  /// A search for scales that suit what these rows are some of.
  private func search(for rows: [Tensor]) -> ScaleSearch {
    ScaleSearch(
      samples: rows, rowCounts: weights.map(\.rows), gram: statistics.fit.gram, statistics: channels, scheme: scheme,
      pooling: pooling)
  }

  /// The site with only some rows of each weight, evenly spread, judged by what rounding alone costs them: nothing
  /// drifts.
  var sampled: SiteProblem {
    var site = self
    let rounding = SiteMoments(gram: statistics.judge.gram)
    site.weights = weights.map { FloatMatrix(ScaleSearch.judged($0)) }
    site.targets = weights.map { _ in .weight }
    site.judges = site.weights.map { OutputError(of: $0, rounding) }
    site.roundingErrors = zip(site.weights, site.judges).map { Self.roundingError(of: $0, scheme, by: $1) }
    return site
  }
}

extension WeightMatrix {
  /// Whether buffers of its size are large.
  var isLarge: Bool { rows * columns > SiteProblem.smallLinear }
}

extension SiteProblem {
  /// Weights of a linear whose buffers are small: 64 MiB of floats.
  static let smallLinear = 1 << 24
}

// What every method is asked: scales for a site, then one quantized linear for each weight under such scales.
internal import Kernels
internal import ModelConfig
internal import Quantization
internal import Tensors

/// A way to find scales, ranges and codes. Methods see the fitted tokens only; `SiteQuantizer` judges them by others.
protocol SiteMethod {
  /// The scales the method would choose; the identity where none can be folded.
  func scale(of site: SiteProblem) -> ScaleCandidate
  /// One linear per weight, in their order, that stands for weight · diag(scales).
  func linears(of site: SiteProblem, scale: ScaleCandidate) -> [QuantizedLinear]
}

/// The linears that share one input, and what is known of that input.
struct SiteProblem: Sendable {
  let names: [DecoderLinear]
  /// The original weights, `[out, in]` each.
  let weights: [Tensor]
  /// What is rounded in their place: the weights, corrected for the drift of the inputs.
  let targets: [Tensor]
  /// The output errors of what takes the weights' places, on the tokens that judge.
  let judges: [OutputError]
  let statistics: SiteStatistics
  let scheme: QuantizationScheme
  let pooling: ChannelPooling
  /// Whether the site's scales can be folded into what comes before.
  let searchesScales: Bool
  /// Share of the Hessian's mean diagonal added to its diagonal before codes are fitted to it.
  let damping: Double
  /// Steps left out.
  let omitted: Set<QuantizationStep>
  private let channels: ChannelStatistics

  init(
    names: [DecoderLinear], weights: [Tensor], statistics: SiteStatistics, options: QuantizationOptions,
    pooling: ChannelPooling, searchesScales: Bool
  ) {
    self.names = names
    self.weights = weights
    self.statistics = statistics
    self.pooling = pooling
    scheme = options.scheme
    damping = options.damping
    omitted = options.omitted
    self.searchesScales = searchesScales && !options.omitted.contains(.scales)
    judges = Self.mapLinears(weights) { OutputError(of: weights[$0], statistics.judge) }
    let corrects = options.method != .rtn && options.method != .awqCompat && !options.omitted.contains(.correction)
    targets =
      corrects ? DriftCorrection.targets(of: weights, fit: statistics.fit, judges: judges) : weights
    channels = ChannelStatistics(
      meanAbs: statistics.meanAbs, energy: statistics.energy,
      weightMean: ChannelStatistics.weightMean(weights, groupSize: options.scheme.groupSize))
  }

  /// `body` of every linear, by its position: side by side while they are small, for their many short loops would keep
  /// workers waiting for each other; one after the other where one of them keeps all busy, and their buffers are large.
  func mapLinears<Result: Sendable>(_ body: @Sendable (Int) -> Result) -> [Result] {
    Self.mapLinears(weights, body)
  }

  private static func mapLinears<Result: Sendable>(_ weights: [Tensor], _ body: @Sendable (Int) -> Result) -> [Result] {
    let areSmall = weights.allSatisfy { $0.values.count <= smallLinear }
    return areSmall ? Parallel.mapPieces(weights.count, body) : weights.indices.map(body)
  }

  /// Weights of a linear whose buffers are small: 64 MiB of floats.
  private static let smallLinear = 1 << 24

  /// Scales of 1.
  var identity: ScaleCandidate { .identity(size: statistics.fit.gram.size) }

  /// A search for scales that suit `rounded`, the weights or the targets.
  func search(for rounded: [Tensor], judgedRows: Int = ScaleSearch.judgedRows) -> ScaleSearch {
    ScaleSearch(
      weights: rounded, gram: statistics.fit.gram, statistics: channels, scheme: scheme, pooling: pooling,
      judgedRows: judgedRows)
  }
}

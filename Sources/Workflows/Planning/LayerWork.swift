// What quantizing a decoder layer takes, from shapes and token counts alone.
internal import Calibration
internal import LayerSearch
internal import ModelConfig
internal import Quantization

/// Amounts of the kinds of work that quantization consists of. How long each takes is a matter of machine and method, and
/// is measured; see `WorkRates`.
struct WorkAmount: Sendable, Equatable {
  /// Multiply-adds of samples on their way through layers.
  var products = 0.0
  /// Multiply-adds of sums over the samples' inputs.
  var sums = 0.0
  /// Cubes of the widths of inputs: what factoring a Hessian takes.
  var factors = 0.0
  /// Weights times the width of their input: what passing an error on to the columns behind it takes.
  var feedback = 0.0
  /// Weights: what looks at each of them by itself.
  var weights = 0.0

  /// In a fixed order.
  var parts: [Double] { [products, sums, factors, feedback, weights] }

  static func + (a: WorkAmount, b: WorkAmount) -> WorkAmount {
    WorkAmount(
      products: a.products + b.products, sums: a.sums + b.sums, factors: a.factors + b.factors,
      feedback: a.feedback + b.feedback, weights: a.weights + b.weights)
  }
}

/// The work on one decoder layer, in the order in which it is done.
struct LayerWork: Sendable {
  /// Of each site: the way there, its sums, its search.
  let sites: [WorkAmount]
  /// From the last site to the next layer.
  let rest: WorkAmount

  /// Inputs with more features are searched with fewer products with H, see Formats/quantization.md; the rates are measured
  /// on narrower ones. The share is that of a layer of a 38B model.
  private static let wide = (features: 2048.0, share: 0.65)

  /// All of it.
  var total: WorkAmount { sites.reduce(rest, +) }

  /// The work on a layer of `config` with samples of so many tokens each.
  init(_ config: TextConfig, _ options: QuantizationOptions, tokenCounts: [Int]) {
    let streams = options.propagation == .quantized ? 2.0 : 1
    let tokens = Double(tokenCounts.reduce(0, +))
    let hidden = Double(config.hiddenSize), inner = Double(config.intermediateSize)
    let queries = Double(config.headCount * config.headDim), keys = Double(config.kvHeadCount * config.headDim)
    // Each token meets those before it, in scores and in what they weigh.
    let attention = tokenCounts.reduce(0) { $0 + Double($1) * Double($1 + 1) } * queries
    let ways = [
      0, tokens * hidden * (queries + 2 * keys) + attention, tokens * queries * hidden, tokens * hidden * 2 * inner,
    ]
    sites = zip(LinearSite.allCases, ways).map { site, way in
      var amount = WorkAmount()
      amount.products = streams * way
      let columns = config.inFeatures(at: site)
      let rows = site.linears.map { config.outFeatures(of: $0) }
        .filter { options.scheme.fits(outFeatures: $0, inFeatures: columns) }.reduce(0, +)
      guard rows > 0 else { return amount }
      amount.weights = Double(rows * columns)
      guard options.method.needsCalibration else { return amount }
      let blocks = ColumnBlocks(
        site: site, size: columns, groupSize: options.scheme.groupSize, limit: options.widestGram)
      for width in blocks.ranges.map({ Double($0.count) }) {
        amount.sums += streams * tokens * width * width
        amount.factors += width * width * width
        amount.feedback += Double(rows) * width * width * (width > Self.wide.features ? Self.wide.share : 1)
      }
      return amount
    }
    rest = WorkAmount(products: streams * tokens * inner * hidden)
  }
}

/// The work on tiles in the vision tower and the projector.
struct TowerWork: Sendable {
  /// Multiply-adds of a tile in one layer, and in all layers with the projector.
  let layer: Double, tile: Double

  init(_ config: MultimodalConfig, hiddenSize: Int) {
    let vision = config.vision, width = Double(vision.hiddenSize), tokens = Double(vision.tokenCount)
    layer = tokens * width * (4 * width + 2 * Double(vision.intermediateSize)) + 2 * tokens * tokens * width
    let shuffle = config.shuffleFactor * config.shuffleFactor
    let hidden = Double(hiddenSize), folded = width * Double(shuffle)
    let projector = Double(vision.tokenCount / shuffle) * hidden * (folded + hidden)
    tile = Double(config.activeLayerCount) * layer + projector
  }
}

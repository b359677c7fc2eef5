// What is left of a site when the sums over its inputs have gone.
internal import Calibration
internal import Quantization

/// What was found for a site, block by block.
struct SearchedSite {
  var outcomes: [SiteOutcome] = []
  var seen: [SeenInputs] = []

  /// One per input feature.
  var scales: [Float] { outcomes.flatMap(\.scale.scales) }

  /// Whether something has to absorb scales.
  var isScaled: Bool { outcomes.contains(where: \.isScaled) }

  /// What the linear at `position` would lose with more bits; nil unless that was asked for.
  func raisedErrors(_ position: Int) -> RaisedErrors? {
    let parts = outcomes.compactMap { $0.raisedErrors?[position] }
    guard !parts.isEmpty else { return nil }
    return RaisedErrors(
      eightBits: parts.reduce(0) { $0 + $1.eightBits }, original: parts.reduce(0) { $0 + $1.original })
  }

  /// The linear at `position` among the site's.
  func linear(_ position: Int) -> QuantizedLinear {
    QuantizedLinear(joining: outcomes.map { $0.linears[position].linear })
  }
}

/// What reports and warnings tell of a block's inputs.
struct SeenInputs {
  /// E[x²] per feature.
  let energy: [Float]
  /// The largest |x|.
  let largest: Float
  /// Whether a NaN or an infinity was among them.
  let hasNonFinite: Bool
  private let hasTokens: Bool

  init(_ statistics: SiteStatistics) {
    energy = statistics.energy
    largest = statistics.largest
    hasNonFinite = statistics.hasNonFinite
    hasTokens = statistics.fit.gram.totalWeight > 0
  }

  /// Features that were zero for all fitted tokens.
  var silentChannelCount: Int { hasTokens ? energy.count { $0 == 0 } : 0 }
}

extension [Rounding] {
  /// The one of all blocks of a linear that does most.
  var strongest: Rounding { Rounding.allCases.last { contains($0) } ?? .plain }
}

// The methods a user can choose, as data: everything in which one differs from another stands in one table.
public import Calibration

/// How the scales, ranges and codes of a decoder's linears are found.
public struct QuantizationMethod: Sendable, Equatable {
  /// What it is called on the command line and in files.
  public let name: String
  /// One line for help texts.
  public let summary: String
  /// What competes for a site, and so for each of its linears, with plain rounding; none of it, and nothing but plain
  /// rounding is done.
  let contenders: [Contender]
  /// The steps it takes; those that its contenders have no use for are without effect.
  public let steps: Set<QuantizationStep>
  /// Whether a linear that would end worse than with plain rounding, on the tokens that judge, is plainly rounded.
  public let isGuarded: Bool
  /// Which activations the statistics come from unless the user says otherwise.
  public let defaultPropagation: Propagation
  /// How much tokens count unless the user says otherwise.
  public let defaultTokenWeighting: TokenWeighting

  /// Whether it looks at any text or picture.
  public var needsCalibration: Bool { !contenders.isEmpty }

  /// The method called `name`.
  public init?(name: String) {
    guard let method = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = method
  }

  private init(
    _ name: String, _ summary: String, contenders: [Contender], steps: Set<QuantizationStep>, isGuarded: Bool,
    propagation: Propagation, tokenWeighting: TokenWeighting
  ) {
    self.name = name
    self.summary = summary
    self.contenders = contenders
    self.steps = steps
    self.isGuarded = isGuarded
    defaultPropagation = propagation
    defaultTokenWeighting = tokenWeighting
  }
}

extension QuantizationMethod: CustomStringConvertible {
  /// Its name.
  public var description: String { name }
}

extension QuantizationMethod: CaseIterable {
  /// The table.
  public static let allCases = [rtn, awqCompat, awq, awqGPTQ, best]

  /// Plain rounding to the nearest level between a group's smallest and largest weight.
  public static let rtn = QuantizationMethod(
    "rtn", "plain rounding; needs no calibration",
    contenders: [], steps: [.residual], isGuarded: true,
    propagation: .float, tokenWeighting: .classShares)

  /// AutoAWQ's own search: its 20-step duo grid, then a symmetric clip; what it finds it keeps. For comparison.
  public static let awqCompat = QuantizationMethod(
    "awq-compat", "AutoAWQ's grid and symmetric clip, for comparison",
    contenders: [.autoAWQ], steps: [.scales], isGuarded: false,
    propagation: .float, tokenWeighting: .uniform)

  /// Gram-exact scale search over all rules, then asymmetric ranges fitted under each group's Hessian.
  public static let awq = QuantizationMethod(
    "awq", "scale search, then asymmetric ranges",
    contenders: [Contender(.search, [.nearest])], steps: [.scales, .ranges, .correction, .residual], isGuarded: true,
    propagation: .quantized, tokenWeighting: .classShares)

  /// `awq`, then GPTQ rounding with static groups, coordinate descent and refitted group scales on the scaled weights.
  public static let awqGPTQ = QuantizationMethod(
    "awq+gptq", "awq, then Hessian-aware rounding",
    contenders: [Contender(.search, [.errorFeedback])], steps: Set(QuantizationStep.allCases), isGuarded: true,
    propagation: .quantized, tokenWeighting: .classShares)

  /// For each site the scales, and for each linear the rounding, that are best on held-out tokens.
  public static let best = QuantizationMethod(
    "best", "for each linear the one of the others that is best on held-out tokens",
    contenders: [Contender(.search, [.errorFeedback, .nearest]), .autoAWQ], steps: Set(QuantizationStep.allCases),
    isGuarded: true,
    propagation: .quantized, tokenWeighting: .classShares)
}

/// Scales, and the ways to round under them of which each linear of a site takes the best, the first of equals.
struct Contender: Sendable, Equatable {
  let scales: ScaleSource
  let roundings: [Rounding]

  init(_ scales: ScaleSource, _ roundings: [Rounding]) {
    self.scales = scales
    self.roundings = roundings
  }

  /// What AutoAWQ does.
  static let autoAWQ = Contender(.autoAWQGrid, [.clipped])
}

/// Where the scales of a site come from.
enum ScaleSource: Sendable {
  /// The identity and all rules at ratios from coarse to fine, judged by what is to be rounded.
  case search
  /// AutoAWQ's twenty ratios of one rule, judged by the weights; none for o_proj where query heads share values.
  case autoAWQGrid
}

/// How the codes of a linear are found once it has scales. Raw values are the names of the methods that know no other,
/// in order of how much is done.
public enum Rounding: String, Sendable, CaseIterable {
  /// Every weight to the nearest of its group's sixteen levels between the group's extremes.
  case plain = "rtn"
  /// The same after AutoAWQ's symmetric clip.
  case clipped = "awq-compat"
  /// To the nearest level of fitted ranges.
  case nearest = "awq"
  /// On the levels of fitted ranges by error feedback, coordinate descent and refitted group scales.
  case errorFeedback = "awq+gptq"
}

/// A step of a method that can be left out, to measure what it is worth.
public enum QuantizationStep: String, Sendable, CaseIterable {
  /// The search for scales.
  case scales
  /// Ranges narrower than the group's extremes.
  case ranges
  /// Coordinate descent after GPTQ.
  case descent
  /// Group scales fitted once more to the codes, and coordinate descent after that.
  case refit
  /// Weights corrected for the drift of their inputs.
  case correction
  /// o_proj and down_proj making up for the residual stream, and token weights relative to it.
  case residual
}

// The methods a user can choose.

/// How a linear's scales, ranges and codes are found.
public enum QuantizationMethod: String, Sendable, CaseIterable {
  /// Plain rounding to the nearest level between a group's smallest and largest weight.
  case rtn
  /// AutoAWQ's own search: its 20-step duo grid, then a symmetric clip. For comparison.
  case awqCompat = "awq-compat"
  /// Gram-exact scale search over all rules, then asymmetric ranges fitted under each group's Hessian.
  case awq
  /// `awq`, then GPTQ rounding with static groups and coordinate descent on the scaled weights.
  case awqGPTQ = "awq+gptq"
  /// For each site the scales, and for each linear the method, that are best on held-out tokens.
  case best

  /// One line for help texts.
  public var summary: String {
    switch self {
    case .rtn: "plain rounding; needs no calibration"
    case .awqCompat: "AutoAWQ's grid and symmetric clip, for comparison"
    case .awq: "scale search, then asymmetric ranges"
    case .awqGPTQ: "awq, then Hessian-aware rounding"
    case .best: "for each linear the one of the others that is best on held-out tokens"
    }
  }
}

/// What was decided for one linear, and what it cost.
public struct LinearReport: Sendable {
  /// Canonical module name.
  public var module: String
  /// Rows and columns.
  public var outFeatures: Int
  /// Columns.
  public var inFeatures: Int
  /// The method that won: the one asked for, for `best` any other, or `rtn` where that was not better.
  public var method: QuantizationMethod
  /// Rule and exponent of the site's scales.
  public var rule: ScaleRule
  /// Exponent of the rule.
  public var ratio: Double
  /// Mean squared output per token of the original linear, on held-out tokens.
  public var outputEnergy: Double
  /// Mean squared output error of plain rounding, on held-out tokens.
  public var errorBefore: Double
  /// Mean squared output error as written, on held-out tokens; never above `errorBefore`.
  public var errorAfter: Double
  /// The largest |x| seen at the input.
  public var largestInput: Float
}

// The methods a user can choose.

/// How a linear's scales, ranges and codes are found.
public enum QuantizationMethod: String, Sendable, CaseIterable {
  /// Plain rounding to the nearest level between a group's smallest and largest weight.
  case rtn
  /// AutoAWQ's own search: its 20-step duo grid, then a symmetric clip. For comparison.
  case awqCompat = "awq-compat"
  /// Gram-exact scale search over all rules, then asymmetric ranges fitted under each group's Hessian.
  case awq
  /// `awq`, then GPTQ rounding with static groups, coordinate descent and refitted group scales on the scaled weights.
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

/// A step of `awq+gptq` and `best` that can be left out, to measure what it is worth.
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

// What quantizing one linear decided and cost.

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
  /// The input features that stand out most, largest first.
  public var outlierChannels: [OutlierChannel]
  /// What lies at the borders of the numbers it is written in.
  public var counts: RangeCounts

  /// The remaining squared error as a share of the output's energy.
  public var relativeError: Double { outputEnergy > 0 ? errorAfter / outputEnergy : 0 }

  package init(
    module: String, outFeatures: Int, inFeatures: Int, method: QuantizationMethod, rule: ScaleRule, ratio: Double,
    outputEnergy: Double, errorBefore: Double, errorAfter: Double, largestInput: Float,
    outlierChannels: [OutlierChannel], counts: RangeCounts = RangeCounts()
  ) {
    self.module = module
    self.outFeatures = outFeatures
    self.inFeatures = inFeatures
    self.method = method
    self.rule = rule
    self.ratio = ratio
    self.outputEnergy = outputEnergy
    self.errorBefore = errorBefore
    self.errorAfter = errorAfter
    self.largestInput = largestInput
    self.outlierChannels = outlierChannels
    self.counts = counts
  }
}

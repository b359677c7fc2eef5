// Shares of a whole for people, whatever was divided by what.

enum Percentage {
  /// The largest share, up or down, whose number says something.
  private static let limit = 10.0

  /// `4.42 %`, `87 %`; beyond ten times the whole `> 1000 %` and `< -1000 %`; `n/a` for NaN, as 0 / 0 is.
  /// - Parameter decimals: At most so many digits after the point.
  static func text(_ share: Double, decimals: Int = 0) -> String {
    guard !share.isNaN else { return "n/a" }
    guard share <= limit else { return "> 1000 %" }
    guard share >= -limit else { return "< -1000 %" }
    let value = (100 * share).rounded(decimals: decimals)
    return decimals > 0 ? "\(value + 0) %" : "\(Int(value)) %"  // −0 + 0 is 0
  }
}

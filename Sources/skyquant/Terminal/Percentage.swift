// Shares of a whole for people, whatever was divided by what.

enum Percentage {
  /// The largest share, up or down, whose number says something.
  private static let limit = 10.0

  /// `4.42 %`, `87 %`; beyond ten times the whole `> 1000 %` and `< -1000 %`; `n/a` for NaN, as 0 / 0 is.
  /// - Parameter decimals: Digits after the point.
  static func text(_ share: Double, decimals: Int = 0) -> String {
    guard !share.isNaN else { return "n/a" }
    guard share <= limit else { return "> 1000 %" }
    guard share >= -limit else { return "< -1000 %" }
    let unit = (0..<decimals).reduce(1) { value, _ in value * 10 }
    let count = Int((share.magnitude * 100 * Double(unit)).rounded())
    let digits = String(count % unit)
    let fraction = decimals > 0 ? "." + String(repeating: "0", count: decimals - digits.count) + digits : ""
    return "\(share < 0 && count > 0 ? "-" : "")\(count / unit)\(fraction) %"
  }
}

// Numbers for people. All of them are rounded, never cut, and no value traps.

extension Double {
  /// With `decimals` digits after the point, rounded, halves away from zero: `0.55`, `-3.0`. Numbers of more than 15 digits,
  /// NaN and infinity as Swift prints them.
  public func fixed(_ decimals: Int) -> String {
    let scale = (0..<decimals).reduce(1.0) { value, _ in value * 10 }
    guard isFinite, magnitude * scale < 1e15 else { return "\(self)" }
    let whole = String(Int((magnitude * scale).rounded()))
    let sign = self < 0 && whole != "0" ? "-" : ""
    guard decimals > 0 else { return sign + whole }
    let digits = String(repeating: "0", count: max(0, decimals + 1 - whole.count)) + whole
    return sign + digits.dropLast(decimals) + "." + digits.suffix(decimals)
  }

  /// Like `fixed`, without zeros at the end but one behind the point: `4.25`, `4.0`.
  public func upTo(_ decimals: Int) -> String {
    var text = fixed(decimals)
    guard text.contains("."), isFinite else { return text }
    while text.hasSuffix("0"), !text.hasSuffix(".0") { text.removeLast() }
    return text
  }

  /// Three significant digits or a few more: `0.0312`, `3.81e-5`, `151.2`.
  public var short: String {
    guard isFinite, self != 0 else { return self == 0 ? "0" : "\(self)" }
    if magnitude >= 100 { return fixed(1) }
    if magnitude >= 1 { return fixed(3) }
    if magnitude >= 0.001 { return fixed(5) }
    var exponent = 0
    var mantissa = magnitude
    while mantissa < 1 { (mantissa, exponent) = (mantissa * 10, exponent + 1) }
    if mantissa.fixed(2) == "10.00" { (mantissa, exponent) = (1, exponent - 1) }
    return (self < 0 ? "-" : "") + mantissa.fixed(2) + "e-\(exponent)"
  }
}

/// Shares of a whole, whatever was divided by what.
public enum Percentage {
  /// The largest share, up or down, whose number says something.
  private static let limit = 10.0

  /// `4.42 %`, `87 %`; beyond ten times the whole `> 1000 %` and `< -1000 %`; `n/a` for NaN, as 0 / 0 is.
  /// - Parameter decimals: Digits after the point.
  public static func text(_ share: Double, decimals: Int = 0) -> String {
    guard !share.isNaN else { return "n/a" }
    guard share <= limit else { return "> 1000 %" }
    guard share >= -limit else { return "< -1000 %" }
    return (100 * share).fixed(decimals) + " %"
  }
}

/// Numbers of bytes in binary units.
public enum ByteCount {
  /// `931 B`, `3.1 KiB`, `28.5 GiB`.
  public static func text(_ count: Int) -> String {
    if count < 1024 { return "\(count) B" }
    var value = Double(count) / 1024
    for unit in ["KiB", "MiB"] {
      if value < 1024 { return value.fixed(1) + " " + unit }
      value /= 1024
    }
    return value.fixed(1) + " GiB"
  }
}

/// Numbers of things.
public enum Quantity {
  /// `931`, `3.1 K`, `38.4 B`.
  public static func text(_ count: Int) -> String {
    for (scale, unit) in [(1e9, "B"), (1e6, "M"), (1e3, "K")] where Double(count) >= scale {
      return (Double(count) / scale).fixed(1) + " " + unit
    }
    return "\(count)"
  }
}

/// Times that something takes.
public enum Seconds {
  /// `8.2 s`, `3 min 20 s`, `2 h 5 min`; what is longer than a century is as good as for ever.
  public static func text(_ seconds: Double) -> String {
    guard seconds < 3e9 else { return "for ever" }
    if seconds < 10 { return "\(seconds.upTo(1)) s" }
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3600) h \(whole % 3600 / 60) min"
  }
}

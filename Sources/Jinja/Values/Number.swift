// Python's numbers: whole numbers, here of 64 bits, and doubles; and how they are compared and printed.

/// A whole number or a double.
enum Number {
  case integer(Int)
  case float(Double)

  var doubleValue: Double {
    switch self {
    case .integer(let value): Double(value)
    case .float(let value): value
    }
  }

  /// Whether the numbers are equal, without rounding the whole one.
  static func == (left: Number, right: Number) -> Bool { compare(left, right) == .equal }

  enum Order { case less, equal, greater, unordered }

  /// Compares exactly.
  static func compare(_ left: Number, _ right: Number) -> Order {
    switch (left, right) {
    case (.integer(let left), .integer(let right)): left < right ? .less : left > right ? .greater : .equal
    case (.float(let left), .float(let right)):
      left < right ? .less : left > right ? .greater : left == right ? .equal : .unordered
    case (.integer(let left), .float(let right)): compare(left, right)
    case (.float(let left), .integer(let right)):
      switch compare(right, left) {
      case .less: .greater
      case .greater: .less
      case let order: order
      }
    }
  }

  private static func compare(_ left: Int, _ right: Double) -> Order {
    if right.isNaN { return .unordered }
    // Beyond 64 bits the sign decides.
    guard let whole = Int(exactly: right.rounded(.down)) else { return right < 0 ? .greater : .less }
    if left != whole { return left < whole ? .less : .greater }
    return right > right.rounded(.down) ? .less : .equal
  }
}

extension Double {
  /// The double nearest to a quotient of whole numbers, which may be too large to be doubles themselves.
  init(dividing dividend: Int, by divisor: Int) {
    let (left, right) = (UInt128(dividend.magnitude), UInt128(divisor.magnitude))
    guard left != 0 else {
      self = divisor < 0 ? -0.0 : 0.0
      return
    }
    // 64 bits of the quotient or more, and a last bit that stands for all that follow.
    let shift = 64 + left.leadingZeroBitCount - right.leadingZeroBitCount
    let (quotient, remainder) = (left << UInt128(shift)).quotientAndRemainder(dividingBy: right)
    let magnitude = Double(quotient | (remainder == 0 ? 0 : 1))
    self = Double(
      sign: (dividend < 0) != (divisor < 0) ? .minus : .plus, exponent: -shift, significand: magnitude)
  }

  /// The number as Python prints it: with the fewest digits, and an exponent from 1e16 up and below 1e-4.
  var pythonDescription: String {
    guard isFinite else { return isNaN ? "nan" : self < 0 ? "-inf" : "inf" }
    let (digits, exponent) = shortestDigits
    let sign = self.sign == .minus ? "-" : ""
    if exponent < -4 || exponent >= 16 {
      let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
      let magnitude = abs(exponent) < 10 ? "0\(abs(exponent))" : "\(abs(exponent))"
      return "\(sign)\(digits.prefix(1))\(fraction)e\(exponent < 0 ? "-" : "+")\(magnitude)"
    }
    if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits }
    let padded = digits + String(repeating: "0", count: max(0, exponent + 2 - digits.count))
    return sign + padded.prefix(exponent + 1) + "." + padded.dropFirst(exponent + 1)
  }

  /// The fewest digits that give the number back, which is finite, and the power of ten of the first.
  private var shortestDigits: (digits: String, exponent: Int) {
    let parts = magnitude.description.split(separator: "e")
    let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let fraction = mantissa.count > 1 ? mantissa[1] : ""
    let all = mantissa[0] + fraction
    let significant = all.drop { $0 == "0" }
    guard !significant.isEmpty else { return ("0", 0) }
    let exponent =
      (parts.count > 1 ? Int(parts[1]) ?? 0 : 0) + mantissa[0].count - 1 - (all.count - significant.count)
    var digits = String(significant)
    while digits.count > 1, digits.last == "0" { digits.removeLast() }
    return (digits, exponent)
  }
}

// A recursive descent parser for the values of simple formulas.
internal import Glibc

struct MathParser {
  let text: [Unicode.Scalar]
  /// Of the next scalar to read.
  var position = 0
  private var depth = 0
  /// Deepest nesting of braces, parentheses and commands.
  private static let depthLimit = 32

  init(_ text: [Unicode.Scalar]) { self.text = text }

  // MARK: Whole values

  /// The value of the text behind its last `=`; nil if there is anything but a value and perhaps a unit.
  mutating func wholeValue() -> MathValue? {
    position = (text.lastIndex(of: "=") ?? -1) + 1
    skipSpace()
    let start = position
    guard let value = sum(), value.isFinite else { return nil }
    let decimals = plainDecimals(start..<position)
    skipSpace()
    let isPercent = take("%")
    skipSpace()
    guard isUnit(text[position...]) else { return nil }
    return MathValue(value: isPercent ? value / 100 : value, isPercent: isPercent, decimals: decimals)
  }

  /// Digits behind the point of a plain decimal in `range`; nil if something else than that stands there.
  func plainDecimals(_ range: Range<Int>) -> Int? {
    let unsigned = text[range].drop { $0 == "-" || $0 == "+" }
    let body = unsigned.filter { $0 != "," && $0 != " " }
    guard body.allSatisfy({ isDigit($0) || $0 == "." }), body.count(where: { $0 == "." }) <= 1 else { return nil }
    return body.firstIndex(of: ".").map { body.count - 1 - $0 } ?? 0
  }

  /// A unit of measure: nothing, or letters first and then what units are made of. A letter that is a
  /// variable more often than a unit is none.
  private func isUnit(_ rest: ArraySlice<Unicode.Scalar>) -> Bool {
    guard let first = rest.first else { return true }
    if "abcijknpqrtuvwxyz".unicodeScalars.contains(first), !(rest.dropFirst().first?.isAlphanumeric ?? false) {
      return false
    }
    return first.properties.isAlphabetic
      && rest.allSatisfy { $0.isAlphanumeric || "/^²³-·.{}() ".unicodeScalars.contains($0) }
  }

  // MARK: Formulas

  private mutating func sum() -> Double? {
    guard depth < Self.depthLimit else { return nil }
    depth += 1
    defer { depth -= 1 }
    skipSpace()
    guard var total = signedProduct() else { return nil }
    while true {
      skipSpace()
      let isMinus = current == "-"
      guard isMinus || current == "+" else { return total }
      position += 1
      guard let next = signedProduct() else { return nil }
      total += isMinus ? -next : next
    }
  }

  private mutating func signedProduct() -> Double? {
    skipSpace()
    var sign = 1.0
    while current == "-" || current == "+" {
      if current == "-" { sign = -sign }
      position += 1
      skipSpace()
    }
    return product().map { sign * $0 }
  }

  private mutating func product() -> Double? {
    guard var value = power() else { return nil }
    while true {
      let before = position
      skipSpace()
      if take("*") {
        skipSpace()
        guard let factor = power() else { return nil }
        value *= factor
      } else if take("/") {
        skipSpace()
        guard let divisor = power() else { return nil }
        value /= divisor
      } else if current == "\\" || current == "(" {
        // Side by side is a product, but a whole number beside a fraction is a mixed number.
        let isFraction = text[position...].starts(with: "\\frac".unicodeScalars)
        guard let factor = power() else {
          position = before
          return value
        }
        value = isFraction && isWhole(before) ? value + factor : value * factor
      } else if let fraction = spacedFraction(before) {
        value += fraction
      } else {
        position = before
        return value
      }
    }
  }

  /// The `1/2` of `3 1/2`, if the cursor stands there.
  private mutating func spacedFraction(_ end: Int) -> Double? {
    let start = position
    guard isWhole(end), start > end, let numerator = digits(), take("/"), let denominator = digits() else {
      position = start
      return nil
    }
    return numerator / denominator
  }

  /// Whether what ends at `end` is digits only, back to a bracket, an operator or the beginning.
  private func isWhole(_ end: Int) -> Bool {
    let digits = text[..<end].reversed().prefix { isDigit($0) }.count
    guard digits > 0 else { return false }
    return end == digits || "{(=+-* ".unicodeScalars.contains(text[end - digits - 1])
  }

  private mutating func power() -> Double? {
    guard let base = atom() else { return nil }
    guard take("^") else { return base }
    if let exponent = group() { return pow(base, exponent) }
    let isMinus = take("-")
    return digits().flatMap { pow(base, isMinus ? -$0 : $0) }
  }

  private mutating func atom() -> Double? {
    guard let scalar = current else { return nil }
    if isDigit(scalar) || scalar == "." { return number() }
    if scalar == "{" { return group() }
    if take("(") {
      let value = sum()
      skipSpace()
      return take(")") ? value : nil
    }
    if take("\\frac") {
      guard let numerator = argument(), let denominator = argument() else { return nil }
      return numerator / denominator
    }
    if take("\\sqrt") {
      var index = 2.0
      if take("[") {
        guard let given = digits(), take("]"), given > 0 else { return nil }
        index = given
      }
      return argument().flatMap { index == 2 ? $0.squareRoot() : pow($0, 1 / index) }
    }
    if take("\\pi") { return Double.pi }
    return nil
  }

  /// `{…}`, or the next digit, as LaTeX takes an argument; after `√` a whole number.
  private mutating func argument() -> Double? {
    if current == " " {
      skipSpace()
      return group() ?? atom()
    }
    if let value = group() { return value }
    guard let scalar = current, isDigit(scalar), let digit = Double(String(scalar)) else { return nil }
    position += 1
    return digit
  }

  private mutating func group() -> Double? {
    let start = position
    guard take("{"), let value = sum() else {
      position = start
      return nil
    }
    skipSpace()
    guard take("}") else {
      position = start
      return nil
    }
    return value
  }

  // MARK: Scalars

  var current: Unicode.Scalar? { position < text.count ? text[position] : nil }

  func isDigit(_ scalar: Unicode.Scalar) -> Bool { (0x30...0x39).contains(scalar.value) }

  private mutating func skipSpace() {
    while let scalar = current, scalar.properties.isWhitespace { position += 1 }
  }

  mutating func take(_ token: String) -> Bool {
    guard text[position...].starts(with: token.unicodeScalars) else { return false }
    position += token.unicodeScalars.count
    return true
  }
}

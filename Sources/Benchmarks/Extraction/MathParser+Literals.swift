// Number literals as people write them.

extension MathParser {
  /// Number literals one after another.
  mutating func literals() -> [MathValue] {
    var found: [MathValue] = []
    while position < text.count {
      let isInWord = position > 0 && (text[position - 1].isAlphanumeric || text[position - 1] == ".")
      guard isDigit(text[position]), !isInWord else {
        position += 1
        continue
      }
      let start = position
      guard let value = number() else { continue }
      let sign: Double = isSign(before: start) ? -1 : 1
      let decimals = plainDecimals(start..<position)
      let isPercent = take("%")
      found.append(
        MathValue(value: sign * (isPercent ? value / 100 : value), isPercent: isPercent, decimals: decimals))
    }
    return found
  }

  /// Whether a minus directly in front of a literal is its sign: not in `5-3`.
  private func isSign(before start: Int) -> Bool {
    guard start > 0, text[start - 1] == "-" else { return false }
    return start < 2 || !(text[start - 2].isAlphanumeric || text[start - 2] == ")")
  }

  /// A decimal with thousands commas and an exponent, at the cursor.
  mutating func number() -> Double? {
    let start = position
    var literal = ""
    skipDigits(into: &literal)
    var digitsInFront = literal.utf8.count
    while current == ",", hasThousands(behind: position, digitsInFront: digitsInFront) {
      position += 1
      skipDigits(into: &literal)
      digitsInFront = 3
    }
    if current == ".", !literal.isEmpty || text[(position + 1)...].first.map({ isDigit($0) }) ?? false {
      position += 1
      literal += "."
      skipDigits(into: &literal)
    }
    if let scalar = current, scalar == "e" || scalar == "E" { takeExponent(into: &literal) }
    if literal.hasSuffix(".") { literal += "0" }
    guard let value = Double(literal.hasPrefix(".") ? "0" + literal : literal) else {
      position = max(position, start + 1)
      return nil
    }
    return value
  }

  private mutating func takeExponent(into literal: inout String) {
    var end = position + 1
    if end < text.count, text[end] == "-" || text[end] == "+" { end += 1 }
    guard end < text.count, isDigit(text[end]) else { return }
    literal += String(String.UnicodeScalarView(text[position..<end]))
    position = end
    skipDigits(into: &literal)
  }

  /// Whether a comma at `comma` separates thousands: exactly three digits follow, and one to three stand in
  /// front.
  private func hasThousands(behind comma: Int, digitsInFront: Int) -> Bool {
    (1...3).contains(digitsInFront) && text[(comma + 1)...].prefix(4).prefix { isDigit($0) }.count == 3
  }

  /// A whole number without commas, at the cursor.
  mutating func digits() -> Double? {
    var literal = ""
    skipDigits(into: &literal)
    return Double(literal)
  }

  private mutating func skipDigits(into literal: inout String) {
    while let scalar = current, isDigit(scalar) {
      literal.unicodeScalars.append(scalar)
      position += 1
    }
  }
}

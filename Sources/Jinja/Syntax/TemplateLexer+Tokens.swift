// What stands inside of tags: names, numbers, strings, operators.

extension TemplateLexer {
  /// Reads one token. `open` are the brackets that are not closed yet.
  mutating func readToken(_ open: inout [Symbol]) throws(JinjaError) {
    let scalar = source[position]
    if scalar.isDigit(radix: 10) { return try readNumber() }
    if scalar.isNameStart { return readName() }
    if scalar == "'" || scalar == "\"" { return try readString() }
    guard
      let symbol = Symbol.allCases.first(where: {
        source[position...].starts(with: $0.rawValue.unicodeScalars)
      })
    else {
      guard scalar.properties.isXIDStart else { throw unexpected(Text([scalar]).excerpt) }
      throw .unsupported(line: line, construct: "the name with \(Text([scalar]).excerpt), beyond ASCII,")
    }
    if let closing = symbol.closing { open.append(closing) }
    if symbol.isClosing, open.popLast() != symbol { throw unexpected("'\(symbol.rawValue)'") }
    emit(.symbol(symbol))
    position += symbol.rawValue.utf8.count
  }

  private func unexpected(_ what: String) -> JinjaError { .syntax(line: line, reason: "unexpected \(what)") }

  private mutating func readName() {
    let end = source[position...].firstIndex { !$0.isNamePart } ?? source.count
    emit(.name(Text(source[position..<end]).string))
    position = end
  }

  private mutating func readNumber() throws(JinjaError) {
    if let end = endOfFloat() {
      let literal = Text(source[position..<end].filter { $0 != "_" }).string
      guard let value = Double(literal) else { throw unexpected(literal) }
      emit(.float(value))
      position = end
      return
    }
    var (start, radix) = (position, 10)
    if source[position] == "0", position + 1 < source.count,
      let prefixed = source[position + 1].radixOfPrefix,
      endOfDigits(from: position + 2, radix: prefixed, mayStartWithUnderscore: true) != nil
    {
      (start, radix) = (position + 2, prefixed)
    }
    // Digits after a leading zero are a token of their own, which no grammar rule wants there.
    var end = endOfDigits(from: start, radix: radix, mayStartWithUnderscore: radix != 10) ?? start + 1
    if radix == 10, source[start] == "0" {
      end = source[start..<end].firstIndex { $0 != "0" && $0 != "_" } ?? end
      if source[end - 1] == "_" { end -= 1 }
    }
    let digits = Text(source[start..<end].filter { $0 != "_" }).string
    guard let value = Int(digits, radix: radix) else { throw .limit(line: line, .integer) }
    emit(.integer(value))
    position = end
  }

  /// The end of a number with a fraction or an exponent at the cursor; nil if there is none.
  private func endOfFloat() -> Int? {
    guard position == 0 || source[position - 1] != ".", var end = endOfDigits(from: position) else {
      return nil
    }
    var isFloat = false
    if end < source.count, source[end] == ".", let fraction = endOfDigits(from: end + 1) {
      (end, isFloat) = (fraction, true)
    }
    if end < source.count, source[end] == "e" || source[end] == "E" {
      let sign = end + 1 < source.count && (source[end + 1] == "+" || source[end + 1] == "-")
      if let exponent = endOfDigits(from: end + (sign ? 2 : 1)) { (end, isFloat) = (exponent, true) }
    }
    return isFloat ? end : nil
  }

  /// The end of digits with single underscores between them; nil if there are none.
  private func endOfDigits(from start: Int, radix: Int = 10, mayStartWithUnderscore: Bool = false) -> Int? {
    var end: Int?
    var index = start
    var needsDigit = !mayStartWithUnderscore
    while index < source.count {
      if source[index].isDigit(radix: radix) {
        end = index + 1
        needsDigit = false
      } else if source[index] == "_", !needsDigit {
        needsDigit = true
      } else {
        break
      }
      index += 1
    }
    return end
  }

  private mutating func readString() throws(JinjaError) {
    let quote = source[position]
    var end = position + 1
    while end < source.count, source[end] != quote { end += source[end] == "\\" ? 2 : 1 }
    guard end < source.count else { throw unexpected("'\(quote)', which begins a string that does not end") }
    let literal = StringLiteral(source[(position + 1)..<end], line: line)
    emit(.string(Text(try literal.unescaped())))
    advance(to: end + 1)
  }
}

extension Unicode.Scalar {
  fileprivate func isDigit(radix: Int) -> Bool {
    isASCII && Character(self).hexDigitValue.map { $0 < radix } == true
  }

  fileprivate var isNameStart: Bool { self == "_" || (isASCII && properties.isAlphabetic) }
  fileprivate var isNamePart: Bool { isNameStart || isDigit(radix: 10) }

  /// The radix that this letter stands for after a zero.
  fileprivate var radixOfPrefix: Int? {
    switch self {
    case "x", "X": 16
    case "o", "O": 8
    case "b", "B": 2
    default: nil
    }
  }
}

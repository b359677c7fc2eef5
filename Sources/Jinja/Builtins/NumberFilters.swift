// Filters that give numbers.

extension Renderer {
  mutating func apply(
    numberFilter filter: Filter, to value: Value, _ arguments: FilterArguments
  ) throws(JinjaError) -> Value {
    if value.isUndefined, filter != .sum { throw failure(value, "") }
    switch filter {
    case .abs: return try absolute(value)
    case .float: return float(value) ?? arguments[0] ?? .float(0)
    case .int: return try integer(value, arguments)
    case .round: return try round(value, arguments)
    default: return try sum(value, arguments)
    }
  }

  private func absolute(_ value: Value) throws(JinjaError) -> Value {
    switch value.number {
    case .integer(let number): return number < 0 ? try negated(value) : .integer(number)
    case .float(let number): return .float(number.magnitude)
    case nil: throw failure(value, "has no absolute value")
    }
  }

  /// Python's `float(value)`, nil where that fails.
  private func float(_ value: Value) -> Value? {
    if case .text(let text) = value { return text.floatValue.map(Value.float) }
    return value.number.map { .float($0.doubleValue) }
  }

  private func integer(_ value: Value, _ arguments: FilterArguments) throws(JinjaError) -> Value {
    if let base = arguments[1], base.wholeNumber != 10, case .text = value {
      throw unsupported("another base than 10 in the filter 'int'")
    }
    let fallback = arguments[0] ?? .integer(0)
    if let number = value.wholeNumber { return .integer(number) }
    if case .text(let text) = value, let digits = text.wholeNumberDigits {
      guard let number = Int(digits) else { throw .limit(line: line, .integer) }
      return .integer(number)
    }
    guard case .float(let number)? = float(value), !number.isNaN else { return fallback }
    // Python's int(inf) is an error that 'int' answers with the default only if it comes from a text.
    guard number.isFinite else {
      if case .text = value { return fallback }
      throw failure("an infinite float has no whole number")
    }
    guard let whole = Int(exactly: number.rounded(.towardZero)) else { throw .limit(line: line, .integer) }
    return .integer(whole)
  }

  private func round(_ value: Value, _ arguments: FilterArguments) throws(JinjaError) -> Value {
    guard try wholeNumber(arguments[0], arguments.callee) ?? 0 == 0 else {
      throw unsupported("rounding to decimal places")
    }
    let method = try text(arguments[1], arguments.callee) ?? "common"
    guard let number = value.number else { throw failure(value, "cannot be rounded") }
    switch (method, number) {
    // Python rounds whole numbers to whole numbers, but divides what floor and ceil give.
    case ("common", .integer(let number)): return .integer(number)
    case ("common", .float(let number)): return .float(number.rounded(.toNearestOrEven))
    case ("ceil", _): return .float(number.doubleValue.rounded(.up))
    case ("floor", _): return .float(number.doubleValue.rounded(.down))
    default: throw failure("the method of 'round' is 'common', 'ceil' or 'floor'")
    }
  }

  private mutating func sum(_ value: Value, _ arguments: FilterArguments) throws(JinjaError) -> Value {
    let path = try attributePath(arguments[0])
    var result = arguments[1] ?? .integer(0)
    if case .text = result { throw failure("'sum' does not add texts; use 'join'") }
    let elements = try iterator(over: value)
    while let element = try elements.next(&self) {
      result = try combine(result, .add, member(path, of: element))
    }
    return result
  }
}

extension Text {
  /// The sign and digits of a whole number as Python's `int` reads it, with whitespace around and underscores
  /// inside; nil if it is none.
  fileprivate var wholeNumberDigits: String? {
    var digits = ""
    var wasDigit = false
    for (index, scalar) in stripped().scalars.enumerated() {
      if let digit = scalar.decimalDigit {
        digits += String(digit)
        wasDigit = true
      } else if index == 0, scalar == "-" || scalar == "+" {
        digits += String(scalar)
      } else if scalar == "_", wasDigit {
        wasDigit = false
      } else {
        return nil
      }
    }
    return wasDigit ? digits : nil
  }

  /// The number as Python's `float` reads it; nil if it is none.
  fileprivate var floatValue: Double? {
    var literal = ""
    let scalars = stripped().scalars
    for (index, scalar) in scalars.enumerated() {
      if let digit = scalar.decimalDigit {
        literal += String(digit)
      } else if scalar == "_" {
        // Only between digits.
        guard index > 0, scalars[index - 1].decimalDigit != nil, index + 1 < scalars.count,
          scalars[index + 1].decimalDigit != nil
        else { return nil }
      } else {
        guard scalar.isASCII else { return nil }
        literal += String(scalar)
      }
    }
    let word = literal.lowercased().drop { $0 == "+" || $0 == "-" }
    let isDecimal = word.utf8.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || "+-.e".utf8.contains($0) }
    guard isDecimal || ["inf", "infinity", "nan"].contains(word) else { return nil }
    return Double(literal)
  }
}

extension Unicode.Scalar {
  /// The digit, of any script, from 0 to 9.
  var decimalDigit: Int? {
    if value < 0x80 { return (0x30...0x39).contains(value) ? Int(value) - 0x30 : nil }
    return properties.numericType == .decimal ? properties.numericValue.map { Int($0) } : nil
  }
}

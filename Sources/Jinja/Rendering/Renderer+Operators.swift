// Python's operators on values.

extension Renderer {
  mutating func combine(
    _ left: Value, _ operation: ArithmeticOperator, _ right: Value
  ) throws(JinjaError) -> Value {
    if let left = left.number, let right = right.number { return try combine(left, operation, right) }
    switch (left, operation, right) {
    case (.text(let left), .add, .text(let right)): return try checked(left + right)
    case (.list(let left), .add, .list(let right)): return try checked(left.elements + right.elements)
    case (.tuple(let left), .add, .tuple(let right)):
      return try checked(left.elements + right.elements, isTuple: true)
    case (.text(let text), .remainder, _): return try checked(formatted(text, right))
    case (_, .multiply, _):
      if let count = right.wholeNumber, let product = try repeated(left, count) { return product }
      if let count = left.wholeNumber, let product = try repeated(right, count) { return product }
    default: break
    }
    if left.isUndefined { throw failure(left, "") }
    if right.isUndefined { throw failure(right, "") }
    throw failure("'\(operation.rawValue)' cannot be applied to \(left.typeName) and \(right.typeName)")
  }

  /// A text or list `count` times in a row; nil for other values.
  private mutating func repeated(_ value: Value, _ count: Int) throws(JinjaError) -> Value? {
    switch value {
    case .text(let text): return try checked(text.replacing(repeated(text.scalars, count)))
    case .list(let list): return try checked(repeated(list.elements, count))
    case .tuple(let list): return try checked(repeated(list.elements, count), isTuple: true)
    default: return nil
    }
  }

  private mutating func repeated<Element>(_ elements: [Element], _ count: Int) throws(JinjaError) -> [Element] {
    guard count > 0, !elements.isEmpty else { return [] }
    let (total, overflows) = elements.count.multipliedReportingOverflow(by: count)
    guard !overflows, total <= limits.textLength else {
      throw .limit(line: line, .textLength(limits.textLength))
    }
    try spend(total * MemoryLayout<Element>.stride / 16)
    return Array(repeatElement(elements, count: count).joined())
  }

  private func combine(
    _ left: Number, _ operation: ArithmeticOperator, _ right: Number
  ) throws(JinjaError) -> Value {
    if case .integer(let left) = left, case .integer(let right) = right {
      return try combine(left, operation, right)
    }
    let (left, right) = (left.doubleValue, right.doubleValue)
    switch operation {
    case .add: return .float(left + right)
    case .subtract: return .float(left - right)
    case .multiply: return .float(left * right)
    case .divide: return .float(left / (try nonzero(right)))
    case .floorDivide, .remainder:
      let (quotient, remainder) = floorDivision(left, try nonzero(right))
      return .float(operation == .remainder ? remainder : quotient)
    case .power: throw unsupported("a power of fractions")
    }
  }

  private func combine(_ left: Int, _ operation: ArithmeticOperator, _ right: Int) throws(JinjaError) -> Value {
    let result: (partialValue: Int, overflow: Bool)
    switch operation {
    case .add: result = left.addingReportingOverflow(right)
    case .subtract: result = left.subtractingReportingOverflow(right)
    case .multiply: result = left.multipliedReportingOverflow(by: right)
    case .divide:
      guard right != 0 else { throw divisionByZero }
      return .float(Double(dividing: left, by: right))
    case .floorDivide:
      guard right != 0 else { throw divisionByZero }
      let (quotient, overflows) = left.dividedReportingOverflow(by: right)
      result = (quotient - (!overflows && left % right != 0 && (left < 0) != (right < 0) ? 1 : 0), overflows)
    case .remainder:
      guard right != 0 else { throw divisionByZero }
      let remainder = right == -1 ? 0 : left % right
      result = (remainder + (remainder != 0 && (remainder < 0) != (right < 0) ? right : 0), false)
    case .power: result = try power(left, right)
    }
    guard !result.overflow else { throw .limit(line: line, .integer) }
    return .integer(result.partialValue)
  }

  private func power(_ base: Int, _ exponent: Int) throws(JinjaError) -> (partialValue: Int, overflow: Bool) {
    guard exponent >= 0 else { throw unsupported("a power with a negative exponent") }
    if base == 0 || base == 1 { return (exponent == 0 ? 1 : base, false) }
    if base == -1 { return (exponent % 2 == 0 ? 1 : -1, false) }
    guard exponent < 64 else { return (0, true) }
    var product = 1
    for _ in 0..<exponent {
      let (next, overflows) = product.multipliedReportingOverflow(by: base)
      if overflows { return (0, true) }
      product = next
    }
    return (product, false)
  }

  /// Python's `divmod` of floats, whose remainder has the divisor's sign.
  private func floorDivision(_ left: Double, _ right: Double) -> (quotient: Double, remainder: Double) {
    var remainder = left.truncatingRemainder(dividingBy: right)
    var quotient = (left - remainder) / right
    if remainder != 0 {
      if (right < 0) != (remainder < 0) {
        remainder += right
        quotient -= 1
      }
    } else {
      remainder = right.sign == .minus ? -0.0 : 0.0
    }
    guard quotient != 0 else { return ((left / right).sign == .minus ? -0.0 : 0.0, remainder) }
    let floor = quotient.rounded(.down)
    return (quotient - floor > 0.5 ? floor + 1 : floor, remainder)
  }

  private func nonzero(_ divisor: Double) throws(JinjaError) -> Double {
    guard divisor != 0 else { throw divisionByZero }
    return divisor
  }

  private var divisionByZero: JinjaError { failure("division by zero") }

  func negated(_ value: Value) throws(JinjaError) -> Value {
    switch value.number {
    case .integer(let number):
      let (result, overflows) = (0).subtractingReportingOverflow(number)
      guard !overflows else { throw .limit(line: line, .integer) }
      return .integer(result)
    case .float(let number): return .float(-number)
    case nil: throw failure(value, "has no negative")
    }
  }

  func positive(_ value: Value) throws(JinjaError) -> Value {
    switch value.number {
    case .integer(let number): return .integer(number)
    case .float(let number): return .float(number)
    case nil: throw failure(value, "is not a number")
    }
  }
}

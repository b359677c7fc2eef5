// Expressions by precedence: conditional, or, and, not, comparison, sum, `~`, product, power, sign, postfix.

extension TemplateParser {
  /// One expression, or several separated by commas, which are a tuple.
  mutating func parseTuple(
    allowsConditional: Bool = true, isInParentheses: Bool = false
  ) throws(JinjaError) -> Expression {
    var elements: [Expression] = []
    var isTuple = false
    while !isAtTupleEnd {
      elements.append(try parseExpression(allowsConditional: allowsConditional))
      guard skip(.comma) else { break }
      isTuple = true
    }
    if let first = elements.first, !isTuple { return first }
    guard isTuple || isInParentheses else { throw unexpected(expected: "an expression") }
    return .tuple(elements)
  }

  /// Whether nothing more of a tuple can follow.
  var isAtTupleEnd: Bool {
    switch current {
    case .variableEnd, .blockEnd, .symbol(.rightParenthesis): true
    default: false
    }
  }

  mutating func parseExpression(allowsConditional: Bool = true) throws(JinjaError) -> Expression {
    try nested { (parser) throws(JinjaError) in
      allowsConditional ? try parser.parseConditionalExpression() : try parser.parseOr()
    }
  }

  private mutating func parseConditionalExpression() throws(JinjaError) -> Expression {
    let unavailableBefore = unavailable
    let value = try parseOr()
    guard skip(name: "if") else { return value }
    // The condition comes behind what it decides about.
    unavailable = unavailableBefore
    return try parsing(conditionally: true) { (parser) throws(JinjaError) in
      let condition = try parser.parseOr()
      let otherwise: Expression? =
        parser.skip(name: "else")
        ? try parser.nested { (parser) throws(JinjaError) in try parser.parseConditionalExpression() } : nil
      return .conditional(condition: condition, then: value, otherwise: otherwise)
    }
  }

  private mutating func parseOr() throws(JinjaError) -> Expression {
    var operands = [try parseAnd()]
    while skip(name: "or") { operands.append(try parseAnd()) }
    return operands.count == 1 ? operands[0] : .any(operands)
  }

  private mutating func parseAnd() throws(JinjaError) -> Expression {
    var operands = [try parseNot()]
    while skip(name: "and") { operands.append(try parseNot()) }
    return operands.count == 1 ? operands[0] : .all(operands)
  }

  private mutating func parseNot() throws(JinjaError) -> Expression {
    guard skip(name: "not") else { return try parseComparison() }
    return .not(try nested { (parser) throws(JinjaError) in try parser.parseNot() })
  }

  private mutating func parseComparison() throws(JinjaError) -> Expression {
    let first = try parseSum()
    var rest: [(ComparisonOperator, Expression)] = []
    while let comparison = skipComparison() { rest.append((comparison, try parseSum())) }
    return rest.isEmpty ? first : .comparison(first, rest)
  }

  private mutating func skipComparison() -> ComparisonOperator? {
    switch current {
    case .name("not") where following == .name("in"):
      advance()
      advance()
      return .isNotIn
    case .name("in"):
      advance()
      return .isIn
    case .symbol(let symbol):
      guard let comparison = ComparisonOperator(rawValue: symbol.rawValue) else { return nil }
      advance()
      return comparison
    default: return nil
    }
  }

  private mutating func parseSum() throws(JinjaError) -> Expression {
    let first = try parseConcatenation()
    var rest: [(ArithmeticOperator, Expression)] = []
    while let operation = skipArithmetic([.add, .subtract]) {
      rest.append((operation, try parseConcatenation()))
    }
    return rest.isEmpty ? first : .arithmetic(first, rest)
  }

  private mutating func parseConcatenation() throws(JinjaError) -> Expression {
    var operands = [try parseProduct()]
    while skip(.tilde) { operands.append(try parseProduct()) }
    return operands.count == 1 ? operands[0] : .concatenation(operands)
  }

  private mutating func parseProduct() throws(JinjaError) -> Expression {
    let first = try parsePower()
    var rest: [(ArithmeticOperator, Expression)] = []
    while let operation = skipArithmetic([.multiply, .divide, .floorDivide, .remainder]) {
      rest.append((operation, try parsePower()))
    }
    return rest.isEmpty ? first : .arithmetic(first, rest)
  }

  private mutating func parsePower() throws(JinjaError) -> Expression {
    let first = try parseSigned()
    var rest: [(ArithmeticOperator, Expression)] = []
    while let operation = skipArithmetic([.power]) { rest.append((operation, try parseSigned())) }
    return rest.isEmpty ? first : .arithmetic(first, rest)
  }

  private mutating func skipArithmetic(_ operations: [ArithmeticOperator]) -> ArithmeticOperator? {
    guard case .symbol(let symbol) = current, let operation = ArithmeticOperator(rawValue: symbol.rawValue),
      operations.contains(operation)
    else { return nil }
    advance()
    return operation
  }

  /// A value with signs before and operations behind it. Filters and tests apply to the outermost sign's value.
  private mutating func parseSigned(allowsFilters: Bool = true) throws(JinjaError) -> Expression {
    let base: Expression
    if skip(.minus) {
      base = .negated(
        try nested { (parser) throws(JinjaError) in try parser.parseSigned(allowsFilters: false) })
    } else if skip(.plus) {
      base = .plus(try nested { (parser) throws(JinjaError) in try parser.parseSigned(allowsFilters: false) })
    } else {
      base = try parsePrimary()
    }
    var operations = try parsePostfix()
    if allowsFilters { operations += try parseFiltersAndTests() }
    return operations.isEmpty ? base : .postfix(base, operations)
  }

  /// A name, a literal, or something in brackets.
  mutating func parsePrimary() throws(JinjaError) -> Expression {
    switch current {
    case .name("self"): throw .unsupported(line: line, construct: "the variable 'self'")
    case .name(let name):
      advance()
      return Self.constants[name].map(Expression.literal) ?? .name(name)
    case .string(var text):
      advance()
      while case .string(let more) = current {
        text.scalars += more.scalars
        advance()
      }
      return .literal(.text(text))
    case .integer(let value):
      advance()
      return .literal(.integer(value))
    case .float(let value):
      advance()
      return .literal(.float(value))
    case .symbol(.leftParenthesis):
      advance()
      let value = try parseTuple(isInParentheses: true)
      try expect(.symbol(.rightParenthesis))
      return value
    case .symbol(.leftBracket): return try parseList()
    case .symbol(.leftBrace): return try parseDictionary()
    default: throw unexpected(expected: "an expression")
    }
  }

  static let constants: [String: Literal] = [
    "true": .bool(true), "True": .bool(true), "false": .bool(false), "False": .bool(false), "none": .none,
    "None": .none,
  ]

  private mutating func parseList() throws(JinjaError) -> Expression {
    advance()
    var elements: [Expression] = []
    while !skip(.rightBracket) {
      if !elements.isEmpty {
        try expect(.symbol(.comma))
        if skip(.rightBracket) { break }
      }
      elements.append(try parseExpression())
    }
    return .list(elements)
  }

  private mutating func parseDictionary() throws(JinjaError) -> Expression {
    advance()
    var members: [(key: Expression, value: Expression)] = []
    while !skip(.rightBrace) {
      if !members.isEmpty {
        try expect(.symbol(.comma))
        if skip(.rightBrace) { break }
      }
      let key = try parseExpression()
      try expect(.symbol(.colon))
      members.append((key, try parseExpression()))
    }
    return .dictionary(members)
  }
}

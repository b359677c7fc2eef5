// Evaluating expressions.

extension Renderer {
  mutating func evaluate(_ expression: Expression, in frame: Frame) throws(JinjaError) -> Value {
    try spend()
    return try nested { (renderer) throws(JinjaError) in try renderer.evaluateUnchecked(expression, in: frame)
    }
  }

  private mutating func evaluateUnchecked(_ expression: Expression, in frame: Frame) throws(JinjaError)
    -> Value
  {
    switch expression {
    case .literal(let literal): return Value(literal)
    case .name(let name): return value(of: name, in: frame)
    case .list(let elements): return try checked(values(of: elements, in: frame))
    case .tuple(let elements): return try checked(values(of: elements, in: frame), isTuple: true)
    case .dictionary(let members): return try dictionary(members, in: frame)
    case .postfix(let base, let operations):
      return try apply(operations, to: evaluate(base, in: frame), in: frame)
    case .negated(let operand): return try negated(evaluate(operand, in: frame))
    case .plus(let operand): return try positive(evaluate(operand, in: frame))
    case .not(let operand): return .bool(try !evaluate(operand, in: frame).isTrue)
    case .arithmetic(let first, let rest):
      var result = try evaluate(first, in: frame)
      for (operation, operand) in rest {
        result = try combine(result, operation, evaluate(operand, in: frame))
      }
      return result
    case .concatenation(let operands): return try concatenated(values(of: operands, in: frame))
    case .comparison(let first, let rest): return try compare(first, rest, in: frame)
    case .all(let operands): return try firstValue(of: operands, thatIs: false, in: frame)
    case .any(let operands): return try firstValue(of: operands, thatIs: true, in: frame)
    case .conditional(let condition, let then, let otherwise):
      if try evaluate(condition, in: frame).isTrue { return try evaluate(then, in: frame) }
      guard let otherwise else { return .undefined("the condition of an 'if' without 'else' is false") }
      return try evaluate(otherwise, in: frame)
    }
  }

  private mutating func values(of expressions: [Expression], in frame: Frame) throws(JinjaError) -> [Value] {
    var values: [Value] = []
    for expression in expressions { values.append(try evaluate(expression, in: frame)) }
    return values
  }

  private mutating func dictionary(
    _ members: [(key: Expression, value: Expression)], in frame: Frame
  ) throws(JinjaError) -> Value {
    var result = ValueDictionary()
    for (key, value) in members {
      let key = try evaluate(key, in: frame)
      try set(key, to: evaluate(value, in: frame), in: &result)
    }
    try spend(result.count)
    try check(depth: result.depth)
    return .dictionary(result)
  }

  /// `and` and `or`: the first value that settles the matter, or the last one.
  private mutating func firstValue(
    of operands: [Expression], thatIs truth: Bool, in frame: Frame
  ) throws(JinjaError) -> Value {
    var result = Value.none
    for operand in operands {
      result = try evaluate(operand, in: frame)
      if result.isTrue == truth { break }
    }
    return result
  }

  /// `a < b < c`: each value is evaluated once, and none after the first comparison that fails.
  private mutating func compare(
    _ first: Expression, _ rest: [(ComparisonOperator, Expression)], in frame: Frame
  ) throws(JinjaError) -> Value {
    var left = try evaluate(first, in: frame)
    for (operation, expression) in rest {
      let right = try evaluate(expression, in: frame)
      guard try holds(left, operation, right) else { return .bool(false) }
      left = right
    }
    return .bool(true)
  }

  private mutating func concatenated(_ values: [Value]) throws(JinjaError) -> Value {
    var result: [Unicode.Scalar] = []
    for value in values {
      result += try text(of: value).scalars
      guard result.count <= limits.textLength else {
        throw .limit(line: line, .textLength(limits.textLength))
      }
    }
    return try checked(Text(result))
  }

  /// Applies what follows a value, from left to right.
  mutating func apply(_ operations: [Postfix], to value: Value, in frame: Frame) throws(JinjaError) -> Value {
    var value = value
    for postfix in operations {
      try spend()
      line = postfix.line
      switch postfix.operation {
      case .attribute(let name): value = try attribute(name, of: value)
      case .item(let index): value = try item(evaluate(index, in: frame), of: value)
      case .slice(let start, let stop, let step):
        let bounds = try [start, stop, step].map { (bound) throws(JinjaError) in
          try bound.map { (bound) throws(JinjaError) in try evaluate(bound, in: frame) } ?? .none
        }
        value = try slice(value, from: bounds[0], to: bounds[1], by: bounds[2])
      case .call(let arguments): value = try call(value, evaluate(arguments, in: frame))
      case .filter(let filter, let arguments):
        value = try apply(filter, to: value, evaluate(arguments, in: frame))
      case .test(let test, let arguments, let isNegated):
        value = .bool(try passes(test, value, evaluate(arguments, in: frame)) != isNegated)
      case .unavailable(let error): throw error
      }
    }
    return value
  }
}

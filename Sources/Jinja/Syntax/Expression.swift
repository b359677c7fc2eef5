// The syntax tree of expressions. Chains are lists and not nested pairs, so that the tree is no deeper than
// the brackets of its text.

/// What is between `{{` and `}}`, or a part of it.
indirect enum Expression: Sendable {
  case literal(Literal)
  case name(String)
  case list([Expression])
  case tuple([Expression])
  case dictionary([(key: Expression, value: Expression)])
  /// A value and what is done to it, from left to right.
  case postfix(Expression, [Postfix])
  case negated(Expression)
  /// Unary plus, which demands a number.
  case plus(Expression)
  case not(Expression)
  /// Operators of one precedence, from left to right.
  case arithmetic(Expression, [(ArithmeticOperator, Expression)])
  /// `a ~ b ~ c`
  case concatenation([Expression])
  /// `a < b <= c`
  case comparison(Expression, [(ComparisonOperator, Expression)])
  case all([Expression])
  case any([Expression])
  /// `then if condition else otherwise`
  case conditional(condition: Expression, then: Expression, otherwise: Expression?)
}

/// A constant of the template.
enum Literal: Sendable {
  case none
  case bool(Bool)
  case integer(Int)
  case float(Double)
  case text(Text)
}

/// Something done to the value on its left.
struct Postfix: Sendable {
  enum Operation: Sendable {
    /// `.name`
    case attribute(String)
    /// `[index]`
    case item(Expression)
    /// `[start:stop:step]`
    case slice(start: Expression?, stop: Expression?, step: Expression?)
    /// `(arguments)`
    case call(Arguments)
    /// `|name(arguments)`
    case filter(Filter, Arguments)
    /// `is name(arguments)`, `is not name(arguments)`
    case test(ValueTest, Arguments, isNegated: Bool)
    /// A filter or test that does not exist here. It is an error where it is used, not where it stands.
    case unavailable(JinjaError)
  }

  let operation: Operation
  let line: Int
}

/// Arguments as written.
struct Arguments: Sendable {
  var positional: [Expression] = []
  var named: [(name: String, value: Expression)] = []
  /// `*values`: more arguments without names.
  var spreadList: Expression?
  /// `**members`: more arguments with names.
  var spreadDictionary: Expression?
}

/// What combines two numbers, texts or lists.
enum ArithmeticOperator: String, Sendable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case floorDivide = "//"
  case remainder = "%"
  case power = "**"
}

/// What compares two values.
enum ComparisonOperator: String, Sendable {
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case isIn = "in"
  case isNotIn = "not in"
}

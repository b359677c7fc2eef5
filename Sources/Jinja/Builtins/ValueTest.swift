// The tests of jinja2: `value is name(arguments)`.

/// A test that templates may use.
enum ValueTest: String, Sendable {
  case boolean, callable, defined, divisibleby, escaped, even, `false`, float, `in`, integer, iterable, lower,
    mapping
  case none, number, odd, sameas, sequence, string, `true`, undefined, upper
  case eq, equalto, equals = "=="
  case ne, notEquals = "!="
  case gt, greaterthan, isGreater = ">"
  case ge, isGreaterOrEqual = ">="
  case lt, lessthan, isLess = "<"
  case le, isLessOrEqual = "<="

  /// Tests that jinja2 has and this subset has not.
  private static let unsupported: Set<String> = ["filter", "test"]

  /// The test of that name.
  /// - Throws: `JinjaError.syntax`, or `.unsupported` if jinja2 has one.
  init(name: String, line: Int) throws(JinjaError) {
    guard let test = ValueTest(rawValue: name) else {
      if Self.unsupported.contains(name) { throw .unsupported(line: line, construct: "the test '\(name)'") }
      throw .syntax(line: line, reason: "there is no test '\(name)'")
    }
    self = test
  }

  /// How many arguments it takes.
  var argumentCount: Int {
    switch self {
    case .divisibleby, .in, .sameas: 1
    default: comparison == nil ? 0 : 1
    }
  }

  /// The operator that it stands for.
  var comparison: ComparisonOperator? {
    switch self {
    case .eq, .equalto, .equals: .equal
    case .ne, .notEquals: .notEqual
    case .gt, .greaterthan, .isGreater: .greater
    case .ge, .isGreaterOrEqual: .greaterOrEqual
    case .lt, .lessthan, .isLess: .less
    case .le, .isLessOrEqual: .lessOrEqual
    default: nil
    }
  }
}

extension Renderer {
  /// `value is name(arguments)`
  mutating func passes(
    _ test: ValueTest, _ value: Value, _ arguments: CallArguments
  ) throws(JinjaError) -> Bool {
    let parameters = Array(repeating: "", count: test.argumentCount)
    let bound = try bind(
      arguments, to: parameters, required: test.argumentCount, "the test '\(test.rawValue)'")
    let argument = bound.first.flatMap { $0 } ?? .none
    if let comparison = test.comparison { return try holds(value, comparison, argument) }
    switch test {
    case .in: return try contains(argument, value)
    case .sameas: return try isSame(value, argument)
    case .divisibleby: return try equal(combine(value, .remainder, argument), .integer(0))
    case .even: return try equal(combine(value, .remainder, .integer(2)), .integer(0))
    case .odd: return try equal(combine(value, .remainder, .integer(2)), .integer(1))
    case .lower, .upper:
      let text = try text(of: value)
      try spend(scalars: text.count)
      return test == .lower ? text.isLowercase : text.isUppercase
    default: return passes(typeTest: test, value)
    }
  }

  /// Tests of what a value is.
  private func passes(typeTest test: ValueTest, _ value: Value) -> Bool {
    switch (test, value) {
    case (.undefined, .undefined), (.none, .none), (.boolean, .bool), (.float, .float), (.integer, .integer),
      (.mapping, .dictionary), (.true, .bool(true)), (.false, .bool(false)), (.string, .text):
      true
    case (.defined, _): !value.isUndefined
    case (.escaped, .text(let text)): text.isSafe
    case (.number, _): value.number != nil
    case (.sequence, _): value.isSequence
    case (.iterable, _): value.isIterable
    case (.callable, _): value.isCallable
    default: false
    }
  }

  /// Python's `is`, where it does not depend on where objects lie in memory.
  private func isSame(_ left: Value, _ right: Value) throws(JinjaError) -> Bool {
    switch (left, right) {
    case (.none, .none): return true
    case (.bool(let left), .bool(let right)): return left == right
    case (.none, _), (_, .none), (.bool, _), (_, .bool): return false
    default: throw unsupported("the test 'sameas' on \(left.typeName)")
    }
  }
}

// What is not there can be gone through, has a length and can be called, as far as Python can tell.
extension Value {
  fileprivate var isSequence: Bool {
    switch self {
    case .text, .list, .tuple, .dictionary, .range, .undefined: true
    default: false
    }
  }

  fileprivate var isIterable: Bool {
    switch self {
    case .view, .iterator, .loop: true
    default: isSequence
    }
  }

  fileprivate var isCallable: Bool {
    switch self {
    case .macro, .function, .method, .loop, .undefined: true
    default: false
    }
  }
}

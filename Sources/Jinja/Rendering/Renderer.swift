// A running template: its variables, its output and what it has spent of its limits.

/// Evaluates one template once.
struct Renderer {
  let scopes: [Scope]
  /// What the caller of the template passed.
  let context: ValueDictionary
  /// What `strftime_now` prints.
  let date: TemplateDate?
  let limits: JinjaLimits

  /// The line being evaluated, for errors.
  var line = 1
  /// What is printed where the cursor is: the output, or the text of a macro or block.
  var output: [Unicode.Scalar] = []
  var namespaces: [ValueDictionary] = []
  /// Macros that have been defined, with the variables they see. Values hold their numbers, not themselves,
  /// so that variables and macros do not keep each other alive.
  var closures: [Closure] = []
  private var spent = 0
  private var depth = 0

  init(scopes: [Scope], context: ValueDictionary, date: TemplateDate?, limits: JinjaLimits) {
    self.scopes = scopes
    self.context = context
    self.date = date
    self.limits = limits
  }

  /// The text of a whole template.
  mutating func render(_ root: Block) throws(JinjaError) -> Text {
    _ = try execute(root, in: frame(for: root.scope, outer: nil))
    return Text(output)
  }
}

/// A macro and the variables it sees.
struct Closure {
  let macro: Macro
  let frame: Frame
}

/// The variables of a scope.
final class Frame {
  /// A variable; `missing` until it gets a value.
  enum Variable {
    case missing
    case value(Value)
  }

  let outer: Frame?
  var variables: [String: Variable] = [:]

  init(outer: Frame?) { self.outer = outer }

  /// The variable in the innermost scope that has one of this name.
  func find(_ name: String) -> Variable? {
    var frame: Frame? = self
    while let here = frame {
      if let variable = here.variables[name] { return variable }
      frame = here.outer
    }
    return nil
  }
}

// Limits.
extension Renderer {
  /// Takes steps off what is allowed.
  mutating func spend(_ steps: Int = 1) throws(JinjaError) {
    spent &+= steps
    guard spent <= limits.steps, spent >= 0 else { throw .limit(line: line, .steps(limits.steps)) }
  }

  /// Takes the steps for going through so many scalars.
  mutating func spend(scalars: Int) throws(JinjaError) { try spend(1 + scalars / 4) }

  /// Runs `evaluate` one level deeper.
  mutating func nested<Result>(
    _ evaluate: (inout Renderer) throws(JinjaError) -> Result
  ) throws(JinjaError) -> Result {
    guard depth < limits.depth else { throw .limit(line: line, .depth(limits.depth)) }
    depth += 1
    defer { depth -= 1 }
    return try evaluate(&self)
  }

  /// `text`, if it is not too long.
  mutating func checked(_ text: Text) throws(JinjaError) -> Value {
    guard text.count <= limits.textLength else { throw .limit(line: line, .textLength(limits.textLength)) }
    try spend(scalars: text.count)
    return .text(text)
  }

  /// `elements`, if they are not too deep.
  mutating func checked(_ elements: [Value], isTuple: Bool = false) throws(JinjaError) -> Value {
    try spend(elements.count)
    let list = ValueList(elements)
    try check(depth: list.depth)
    return isTuple ? .tuple(list) : .list(list)
  }

  func check(depth: Int) throws(JinjaError) {
    guard depth <= limits.valueDepth else { throw .limit(line: line, .valueDepth(limits.valueDepth)) }
  }

  mutating func print(_ text: Text) throws(JinjaError) {
    guard output.count + text.count <= limits.textLength else {
      throw .limit(line: line, .textLength(limits.textLength))
    }
    try spend(scalars: text.count)
    output += text.scalars
  }

  /// What `print` prints, instead of printing it.
  mutating func captured(_ print: (inout Renderer) throws(JinjaError) -> Void) throws(JinjaError) -> Text {
    var outer: [Unicode.Scalar] = []
    swap(&output, &outer)
    defer { output = outer }
    try print(&self)
    return Text(output)
  }
}

// Errors.
extension Renderer {
  func failure(_ reason: String) -> JinjaError { .evaluation(line: line, reason: reason) }
  func unsupported(_ construct: String) -> JinjaError { .unsupported(line: line, construct: construct) }

  /// Why an operation cannot be applied; for a value that is not there, why it is not.
  func failure(_ value: Value, _ problem: String) -> JinjaError {
    if case .undefined(let undefined) = value { return .undefined(line: line, reason: undefined.reason) }
    return failure("\(value.typeName) \(problem)")
  }
}

// Variables.
extension Renderer {
  /// The variables of a scope as they are where it begins.
  mutating func frame(for scope: ScopeID, outer: Frame?) throws(JinjaError) -> Frame {
    try spend(1 + scopes[scope].initials.count)
    let frame = Frame(outer: outer)
    for (name, initial) in scopes[scope].initials {
      switch initial {
      case .parameter: break
      case .context:
        frame.variables[name] = context[name].map(Frame.Variable.value) ?? global(name) ?? .missing
      case .outer: frame.variables[name] = outer?.find(name) ?? .missing
      case .missing: frame.variables[name] = .missing
      }
    }
    return frame
  }

  private func global(_ name: String) -> Frame.Variable? {
    GlobalFunction(rawValue: name).map { .value(.function($0)) }
  }

  /// The value of a name.
  func value(of name: String, in frame: Frame) -> Value {
    let variable = frame.find(name) ?? context[name].map(Frame.Variable.value) ?? global(name)
    if case .value(let value)? = variable { return value }
    return .undefined("'\(name)' is undefined")
  }
}

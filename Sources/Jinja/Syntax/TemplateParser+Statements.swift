// Statements: text, `{{ … }}` and the tags.

extension TemplateParser {
  /// A whole template.
  mutating func parseTemplate() throws(JinjaError) -> [Statement] {
    let (statements, _) = try parseStatements(until: [])
    return statements
  }

  /// Statements up to a tag whose name is one of `ends`, which is returned and left behind the cursor.
  private mutating func parseStatements(until ends: [String]) throws(JinjaError) -> ([Statement], String) {
    var statements: [Statement] = []
    while true {
      switch current {
      case .data(let text):
        statements.append(.data(text))
        advance()
      case .variableBegin:
        let line = line
        advance()
        statements.append(.output(try parseTuple(), line: line))
        try expect(.variableEnd)
      case .blockBegin:
        advance()
        if case .name(let name) = current, ends.contains(name) {
          advance()
          return (statements, name)
        }
        statements.append(try nested { (parser) throws(JinjaError) in try parser.parseTag() })
        try expect(.blockEnd)
      default:
        guard let tag = openTags.last else { return (statements, "") }
        let names = ends.map { "'{% \($0) %}'" }.joined(separator: " or ")
        throw .syntax(line: tag.line, reason: "'{% \(tag.name) %}' is not closed; \(names) is missing")
      }
    }
  }

  /// The body of a tag, up to one of `ends`. A colon before `%}` is allowed.
  private mutating func parseBody(until ends: String...) throws(JinjaError) -> ([Statement], String) {
    _ = skip(.colon)
    try expect(.blockEnd)
    return try parseStatements(until: ends)
  }

  /// A body with names of its own. Where it is not run in place, `break` cannot leave it.
  private mutating func parseBlock(until end: String, isFunction: Bool = false) throws(JinjaError) -> Block {
    let scope = newScope()
    let outerDepth = loopDepth
    if isFunction { loopDepth = 0 }
    defer { loopDepth = outerDepth }
    return try parsing(conditionally: false) { (parser) throws(JinjaError) in
      Block(statements: try parser.parseBody(until: end).0, scope: scope)
    }
  }

  private mutating func parseTag() throws(JinjaError) -> Statement {
    let line = line
    let name = try expectName("the name of a tag")
    openTags.append((name, line))
    defer { openTags.removeLast() }
    switch name {
    case "set": return try parseSet(line)
    case "for": return .loop(try parseLoop(line))
    case "if":
      return try parsing(conditionally: true) { (parser) throws(JinjaError) in try parser.parseConditional(line) }
    case "macro": return .macro(try parseMacro(line))
    case "call": return .callBlock(try parseCallBlock(line))
    case "filter":
      let filters = try parsing(conditionally: false) { (parser) throws(JinjaError) in
        try parser.parseFilters(startsInline: true)
      }
      return .filterBlock(FilterBlock(filters: filters, body: try parseBlock(until: "endfilter"), line: line))
    case "with": return .with(try parseWith(line))
    case "generation":
      let body = try parseBlock(until: "endgeneration", isFunction: true)
      return .generation(Macro(name: name, parameters: [], body: body, line: line))
    case "break", "continue":
      guard loopDepth > 0 else {
        throw .syntax(line: line, reason: "'{% \(name) %}' stands outside of a loop")
      }
      return name == "break" ? .breakLoop : .continueLoop
    case "autoescape", "block", "extends", "from", "import", "include", "print":
      throw .unsupported(line: line, construct: "the tag '{% \(name) %}'")
    default: throw .syntax(line: line, reason: "there is no tag '{% \(name) %}' that could stand here")
    }
  }

  private mutating func parseSet(_ line: Int) throws(JinjaError) -> Statement {
    let target = try parseTarget(allowsAttributes: true)
    if skip(.assign) { return .assignment(target, try parseTuple(), line: line) }
    let filters = try parsing(conditionally: false) { (parser) throws(JinjaError) in
      try parser.parseFilters(startsInline: false)
    }
    let body = try parseBlock(until: "endset")
    return .assignmentBlock(AssignmentBlock(target: target, filters: filters, body: body, line: line))
  }

  private mutating func parseLoop(_ line: Int) throws(JinjaError) -> Loop {
    let target = try parseTarget()
    try expect(.name("in"))
    let iterable = try parseTuple(allowsConditional: false)
    return try parsing(conditionally: false) { (parser) throws(JinjaError) in
      try parser.parseLoop(over: iterable, target, line)
    }
  }

  /// The rest of a loop, which has names of its own.
  private mutating func parseLoop(
    over iterable: Expression, _ target: Target, _ line: Int
  ) throws(JinjaError) -> Loop {
    let condition = skip(name: "if") ? try parseExpression() : nil
    if at(name: "recursive") { throw .unsupported(line: self.line, construct: "a recursive loop") }
    let (scope, elseScope) = (newScope(), newScope())
    loopDepth += 1
    let (body, end) = try parseBody(until: "endfor", "else")
    loopDepth -= 1
    let otherwise = end == "else" ? try parseBody(until: "endfor").0 : []
    return Loop(
      target: target, iterable: iterable, condition: condition, body: Block(statements: body, scope: scope),
      otherwise: Block(statements: otherwise, scope: elseScope), line: line)
  }

  private mutating func parseConditional(_ line: Int) throws(JinjaError) -> Statement {
    var branches: [Branch] = []
    var branchLine = line
    while true {
      let condition = try parseTuple(allowsConditional: false)
      let (body, end) = try parseBody(until: "elif", "else", "endif")
      branches.append(Branch(condition: condition, body: body, line: branchLine))
      switch end {
      case "elif": branchLine = self.line
      case "else": return .conditional(branches, otherwise: try parseBody(until: "endif").0)
      default: return .conditional(branches, otherwise: [])
      }
    }
  }

  private mutating func parseMacro(_ line: Int) throws(JinjaError) -> Macro {
    let name = try expectAssignableName("the name of a macro")
    let parameters = try parsing(conditionally: false) { (parser) throws(JinjaError) in
      try parser.parseParameters()
    }
    let body = try parseBlock(until: "endmacro", isFunction: true)
    return Macro(name: name, parameters: parameters, body: body, line: line)
  }

  private mutating func parseCallBlock(_ line: Int) throws(JinjaError) -> CallBlock {
    let parameters = try parsing(conditionally: false) { (parser) throws(JinjaError) in
      parser.at(.leftParenthesis) ? try parser.parseParameters() : []
    }
    let callLine = self.line
    guard case .postfix(let base, var operations) = try parseExpression(),
      case .call(let arguments)? = operations.popLast()?.operation
    else { throw .syntax(line: callLine, reason: "expected a call in '{% call %}'") }
    let body = try parseBlock(until: "endcall", isFunction: true)
    return CallBlock(
      caller: Macro(name: "caller", parameters: parameters, body: body, line: line),
      callee: operations.isEmpty ? base : .postfix(base, operations), arguments: arguments)
  }

  private mutating func parseParameters() throws(JinjaError) -> [Parameter] {
    var parameters: [Parameter] = []
    var names: Set<String> = []
    try expect(.symbol(.leftParenthesis))
    while !skip(.rightParenthesis) {
      if !parameters.isEmpty { try expect(.symbol(.comma)) }
      let name = try expectAssignableName("the name of a parameter")
      let defaultValue = skip(.assign) ? try parseExpression() : nil
      guard defaultValue != nil || parameters.last?.defaultValue == nil else {
        throw .syntax(
          line: line, reason: "the parameter '\(name)' without a default follows one that has one")
      }
      guard names.insert(name).inserted else {
        throw .syntax(line: line, reason: "the parameter '\(name)' is named twice")
      }
      parameters.append(Parameter(name: name, defaultValue: defaultValue))
    }
    return parameters
  }

  private mutating func parseWith(_ line: Int) throws(JinjaError) -> With {
    var assignments: [(target: Target, value: Expression)] = []
    while current != .blockEnd {
      if !assignments.isEmpty { try expect(.symbol(.comma)) }
      let target = try parseTarget()
      try expect(.symbol(.assign))
      assignments.append((target, try parseExpression()))
    }
    return With(assignments: assignments, body: try parseBlock(until: "endwith"), line: line)
  }

  /// What stands left of `=` or of `in`: names, separated by commas.
  private mutating func parseTarget(allowsAttributes: Bool = false) throws(JinjaError) -> Target {
    var targets: [Target] = []
    var isTuple = false
    repeat {
      if !targets.isEmpty, isAtTupleEnd { break }
      targets.append(try parseSimpleTarget(allowsAttributes))
      isTuple = at(.comma) || isTuple
    } while skip(.comma)
    return isTuple ? .tuple(targets) : targets[0]
  }

  private mutating func parseSimpleTarget(_ allowsAttributes: Bool) throws(JinjaError) -> Target {
    if skip(.leftParenthesis) {
      let target = try nested { (parser) throws(JinjaError) in try parser.parseTarget() }
      try expect(.symbol(.rightParenthesis))
      return target
    }
    let name = try expectAssignableName("a name to assign to")
    if allowsAttributes, skip(.dot) {
      return .attribute(of: name, try expectName("the name of an attribute"))
    }
    return .name(name)
  }

  private mutating func expectAssignableName(_ what: String) throws(JinjaError) -> String {
    let nameLine = line
    let name = try expectName(what)
    guard Self.constants[name] == nil else {
      throw .syntax(line: nameLine, reason: "'\(name)' cannot be assigned to")
    }
    return name
  }
}

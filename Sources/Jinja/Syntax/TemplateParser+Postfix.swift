// What follows a value: attributes, items, calls, filters and tests.

extension TemplateParser {
  /// `.name`, `[item]` and `(arguments)`, as many as there are.
  mutating func parsePostfix() throws(JinjaError) -> [Postfix] {
    var operations: [Postfix] = []
    while true {
      let line = line
      switch current {
      case .symbol(.dot):
        advance()
        operations.append(Postfix(operation: try parseAttribute(), line: line))
      case .symbol(.leftBracket):
        advance()
        operations.append(Postfix(operation: try parseSubscript(), line: line))
      case .symbol(.leftParenthesis):
        operations.append(Postfix(operation: .call(try parseArguments()), line: line))
      default: return operations
      }
    }
  }

  /// `|filter`, `is test` and calls of what they give, as many as there are.
  mutating func parseFiltersAndTests() throws(JinjaError) -> [Postfix] {
    var operations: [Postfix] = []
    while true {
      let line = line
      switch current {
      case .symbol(.pipe): operations += try parseFilters(startsInline: false)
      case .name("is"): operations.append(Postfix(operation: try parseTest(), line: line))
      case .symbol(.leftParenthesis):
        operations.append(Postfix(operation: .call(try parseArguments()), line: line))
      default: return operations
      }
    }
  }

  /// `|name(arguments)`, as many as there are; the first without its `|` if it `startsInline`.
  mutating func parseFilters(startsInline: Bool) throws(JinjaError) -> [Postfix] {
    var operations: [Postfix] = []
    while (startsInline && operations.isEmpty) || skip(.pipe) {
      let line = line
      let name = try parseDottedName("the name of a filter")
      let arguments = at(.leftParenthesis) ? try parseArguments() : Arguments()
      operations.append(Postfix(operation: filter(name, arguments, line), line: line))
    }
    return operations
  }

  private mutating func filter(_ name: String, _ arguments: Arguments, _ line: Int) -> Postfix.Operation {
    do throws(JinjaError) {
      return .filter(try Filter(name: name, line: line), arguments)
    } catch {
      return missing(error)
    }
  }

  private mutating func parseDottedName(_ what: String) throws(JinjaError) -> String {
    var name = try expectName(what)
    while skip(.dot) { name += "." + (try expectName(what)) }
    return name
  }

  private mutating func parseAttribute() throws(JinjaError) -> Postfix.Operation {
    switch current {
    case .name(let name):
      advance()
      return .attribute(name)
    case .integer(let index):
      advance()
      return .item(.literal(.integer(index)))
    default: throw unexpected(expected: "a name or a number after '.'")
    }
  }

  private mutating func parseSubscript() throws(JinjaError) -> Postfix.Operation {
    var operations: [Postfix.Operation] = []
    while !skip(.rightBracket) {
      if !operations.isEmpty { try expect(.symbol(.comma)) }
      operations.append(try parseIndexOrSlice())
    }
    if operations.count == 1 { return operations[0] }
    return .item(
      .tuple(
        try operations.map { (operation) throws(JinjaError) in
          guard case .item(let index) = operation else {
            throw .unsupported(line: line, construct: "a slice among several indices")
          }
          return index
        }))
  }

  private mutating func parseIndexOrSlice() throws(JinjaError) -> Postfix.Operation {
    var start: Expression?
    if !at(.colon) {
      let index = try parseExpression()
      guard at(.colon) else { return .item(index) }
      start = index
    }
    advance()
    let stop = try parseSliceBound()
    let step = skip(.colon) ? try parseSliceBound() : nil
    return .slice(start: start, stop: stop, step: step)
  }

  private mutating func parseSliceBound() throws(JinjaError) -> Expression? {
    at(.colon) || at(.rightBracket) || at(.comma) ? nil : try parseExpression()
  }

  /// `(arguments)`
  private mutating func parseArguments() throws(JinjaError) -> Arguments {
    var arguments = Arguments()
    try expect(.symbol(.leftParenthesis))
    var names: Set<String> = []
    var isFirst = true
    while !skip(.rightParenthesis) {
      if !isFirst {
        try expect(.symbol(.comma))
        if skip(.rightParenthesis) { break }
      }
      isFirst = false
      try parseArgument(&arguments, &names)
    }
    return arguments
  }

  /// Parses one argument. `names` are those that are given already.
  private mutating func parseArgument(
    _ arguments: inout Arguments, _ names: inout Set<String>
  ) throws(JinjaError) {
    guard arguments.spreadDictionary == nil else {
      throw .syntax(line: line, reason: "an argument follows '**'")
    }
    let isAfterName = !arguments.named.isEmpty || arguments.spreadList != nil
    if skip(.power) {
      arguments.spreadDictionary = try parseExpression()
    } else if at(.multiply), arguments.spreadList == nil {
      advance()
      arguments.spreadList = try parseExpression()
    } else if case .name(let name) = current, following == .symbol(.assign) {
      advance()
      advance()
      guard names.insert(name).inserted else {
        throw .syntax(line: line, reason: "the argument '\(name)' is given twice")
      }
      arguments.named.append((name, try parseExpression()))
    } else if isAfterName {
      throw .syntax(line: line, reason: "an argument without a name follows one with a name")
    } else {
      arguments.positional.append(try parseExpression())
    }
  }

  /// `is name`, with one argument that needs no brackets, or any number in brackets.
  private mutating func parseTest() throws(JinjaError) -> Postfix.Operation {
    advance()
    let isNegated = skip(name: "not")
    let line = line
    let name = try parseDottedName("the name of a test")
    let arguments = try parseTestArguments()
    do throws(JinjaError) {
      return .test(try ValueTest(name: name, line: line), arguments, isNegated: isNegated)
    } catch {
      return missing(error)
    }
  }

  private mutating func parseTestArguments() throws(JinjaError) -> Arguments {
    switch current {
    case .symbol(.leftParenthesis): return try parseArguments()
    case .name("else"), .name("or"), .name("and"): return Arguments()
    case .name("is"):
      throw .syntax(line: line, reason: "a test cannot follow a test; put brackets around the first")
    case .name, .string, .integer, .float, .symbol(.leftBracket), .symbol(.leftBrace):
      let argument = try nested { (parser) throws(JinjaError) in
        let base = try parser.parsePrimary()
        let operations = try parser.parsePostfix()
        return operations.isEmpty ? base : Expression.postfix(base, operations)
      }
      return Arguments(positional: [argument])
    default: return Arguments()
    }
  }
}

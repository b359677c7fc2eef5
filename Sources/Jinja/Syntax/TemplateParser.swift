// From tokens to a syntax tree. Follows jinja2 3.1.6, parser.py, whose grammar differs from Python's: tests
// take one argument without brackets, `-2 ** 2` is 4, and any name may be a variable.

/// A template as a tree, with the names of each scope.
struct ParsedTemplate: Sendable {
  let root: Block
  /// By `ScopeID`.
  let scopes: [Scope]
}

/// A recursive descent over tokens.
struct TemplateParser {
  private let tokens: [Token]
  private var index = 0
  private let maximumNesting: Int
  private var nesting = 0
  private var scopeCount = 0
  /// Loops around the cursor that `break` would leave.
  var loopDepth = 0
  /// Whether a condition in the same scope decides if what stands here is used.
  var isConditional = false
  /// Filters and tests that do not exist though no condition spares them.
  var unavailable: [JinjaError] = []
  /// Tags around the cursor, the innermost one last.
  var openTags: [(name: String, line: Int)] = []

  private init(_ tokens: [Token], maximumNesting: Int) {
    self.tokens = tokens
    self.maximumNesting = maximumNesting
  }

  /// Parses a template and finds the names of its scopes.
  static func parse(_ source: String, limits: JinjaLimits) throws(JinjaError) -> ParsedTemplate {
    let tokens = try TemplateLexer.tokens(of: source, limit: limits.sourceLength)
    var parser = TemplateParser(tokens, maximumNesting: limits.nesting)
    let scope = parser.newScope()
    let root = Block(statements: try parser.parseTemplate(), scope: scope)
    if let error = parser.unavailable.first { throw error }
    let scopes = try ScopeAnalysis.scopes(of: root, count: parser.scopeCount)
    return ParsedTemplate(root: root, scopes: scopes)
  }

  /// An id for a scope; its names are found later.
  mutating func newScope() -> ScopeID {
    scopeCount += 1
    return scopeCount - 1
  }

  /// Runs `parse` on what a condition decides about, or on what stands in a scope of its own.
  mutating func parsing<Result>(
    conditionally isConditional: Bool, _ parse: (inout TemplateParser) throws(JinjaError) -> Result
  ) throws(JinjaError) -> Result {
    let outer = self.isConditional
    self.isConditional = isConditional
    defer { self.isConditional = outer }
    return try parse(&self)
  }

  /// What stands for a filter or test that does not exist.
  mutating func missing(_ error: JinjaError) -> Postfix.Operation {
    if !isConditional { unavailable.append(error) }
    return .unavailable(error)
  }

  /// Runs `parse` one level deeper.
  mutating func nested<Result>(
    _ parse: (inout TemplateParser) throws(JinjaError) -> Result
  ) throws(JinjaError) -> Result {
    guard nesting < maximumNesting else { throw .limit(line: line, .nesting(maximumNesting)) }
    nesting += 1
    defer { nesting -= 1 }
    return try parse(&self)
  }
}

// The cursor. There is always a token: the last one is `end`.
extension TemplateParser {
  var current: TokenKind { tokens[index].kind }
  var line: Int { tokens[index].line }
  /// The token after the current one.
  var following: TokenKind { tokens[min(index + 1, tokens.count - 1)].kind }

  mutating func advance() { index = min(index + 1, tokens.count - 1) }

  func at(_ symbol: Symbol) -> Bool { current == .symbol(symbol) }
  func at(name: String) -> Bool { current == .name(name) }

  /// Moves past `kind` if it is there.
  mutating func skip(_ kind: TokenKind) -> Bool {
    guard current == kind else { return false }
    advance()
    return true
  }

  mutating func skip(_ symbol: Symbol) -> Bool { skip(.symbol(symbol)) }
  mutating func skip(name: String) -> Bool { skip(.name(name)) }

  mutating func expect(_ kind: TokenKind) throws(JinjaError) {
    guard skip(kind) else { throw unexpected(expected: "\(kind)") }
  }

  mutating func expectName(_ what: String) throws(JinjaError) -> String {
    guard case .name(let name) = current else { throw unexpected(expected: what) }
    advance()
    return name
  }

  func unexpected(expected: String) -> JinjaError {
    .syntax(line: line, reason: "expected \(expected), found \(current)")
  }
}

// Which scope a name belongs to. jinja2 settles this before it runs a template, and so it shows: a name that
// a scope gives a value to anywhere is that scope's own from its beginning. Follows jinja2 3.1.6,
// idtracking.py.

/// The number of a scope in `ParsedTemplate.scopes`.
typealias ScopeID = Int

/// The names of a scope.
struct Scope: Sendable {
  /// What a name means where the scope begins.
  enum Initial: Sendable {
    /// What it is bound to: a loop's variable, a macro's parameter.
    case parameter
    /// What the caller of the template passed.
    case context
    /// What it means in the scope around.
    case outer
    /// Nothing yet.
    case missing
  }

  var initials: [String: Initial] = [:]
  /// Which of `loop`, `caller`, `varargs` and `kwargs` are read here before they are given a value.
  var specials: Set<String> = []
}

/// Finds the names of all scopes, outer ones first.
struct ScopeAnalysis {
  private var scopes: [Scope]

  /// - Throws: `JinjaError.syntax` where a loop assigns to `loop`.
  static func scopes(of root: Block, count: Int) throws(JinjaError) -> [Scope] {
    var analysis = ScopeAnalysis(scopes: Array(repeating: Scope(), count: count))
    try analysis.analyze(root, outer: [])
    return analysis.scopes
  }

  private mutating func analyze(
    _ block: Block, parameters: [String] = [], reads: [Expression] = [], specials: Set<String> = [],
    outer: [Scope]
  ) throws(JinjaError) {
    let names = ScopeNames(outer: outer)
    for name in specials { names.declare(name) }
    for name in parameters { names.declare(name) }
    names.read(reads)
    names.visit(block.statements)
    let scope = Scope(initials: names.initials, specials: specials)
    scopes[block.scope] = scope
    try analyzeInner(block.statements, outer: outer + [scope])
  }

  private mutating func analyzeInner(_ statements: [Statement], outer: [Scope]) throws(JinjaError) {
    for statement in statements {
      switch statement {
      case .data, .output, .assignment, .breakLoop, .continueLoop: break
      case .assignmentBlock(let block): try analyze(block.body, outer: outer)
      case .conditional(let branches, let otherwise):
        for branch in branches { try analyzeInner(branch.body, outer: outer) }
        try analyzeInner(otherwise, outer: outer)
      case .loop(let loop):
        guard !statement.mentions.contains(where: { $0.name == "loop" && !$0.isRead }) else {
          throw .syntax(line: loop.line, reason: "a loop assigns to 'loop', which describes it")
        }
        let specials = Mention.readFirst(["loop"], in: loop.body.statements)
        try analyze(loop.body, parameters: loop.target.names, specials: specials, outer: outer)
        try analyze(loop.otherwise, outer: outer)
      case .macro(let macro), .generation(let macro): try analyze(macro, outer: outer)
      case .callBlock(let block): try analyze(block.caller, outer: outer)
      case .filterBlock(let block):
        try analyze(block.body, reads: block.filters.flatMap(\.children), outer: outer)
      case .with(let with):
        try analyze(with.body, parameters: with.assignments.flatMap(\.target.names), outer: outer)
      }
    }
  }

  private mutating func analyze(_ macro: Macro, outer: [Scope]) throws(JinjaError) {
    let parameters = macro.parameters.map(\.name)
    let specials = Mention.readFirst(["caller", "kwargs", "varargs"], in: macro.body.statements)
    if specials.contains("caller"),
      macro.parameters.contains(where: { $0.name == "caller" && $0.defaultValue == nil })
    {
      throw .syntax(line: macro.line, reason: "the parameter 'caller' needs a default")
    }
    try analyze(
      macro.body, parameters: parameters, reads: macro.parameters.compactMap(\.defaultValue),
      specials: specials.subtracting(parameters), outer: outer)
  }
}

/// The names of one scope while its statements are visited in order.
private final class ScopeNames {
  private let outer: [Scope]
  /// The names before an arm of `if`, which has this one for its own names.
  private let before: ScopeNames?
  private(set) var initials: [String: Scope.Initial] = [:]
  /// Names that get a value here, parameters included.
  private var stored: Set<String> = []

  init(outer: [Scope], before: ScopeNames? = nil) {
    self.outer = outer
    self.before = before
  }

  func declare(_ name: String) {
    stored.insert(name)
    initials[name] = .parameter
  }

  func read(_ expressions: [Expression]) {
    for name in expressions.flatMap(\.names) where !isKnown(name) && !isOuter(name) {
      initials[name] = .context
    }
  }

  func visit(_ statements: [Statement]) {
    for statement in statements { visit(statement) }
  }

  private func isKnown(_ name: String) -> Bool { initials[name] != nil || before?.isKnown(name) == true }
  private func isStored(_ name: String) -> Bool { stored.contains(name) || before?.isStored(name) == true }
  private func isOuter(_ name: String) -> Bool { outer.contains { $0.initials[name] != nil } }

  private func store(_ name: String) {
    stored.insert(name)
    if !isKnown(name) { initials[name] = isOuter(name) ? .outer : .missing }
  }

  private func assign(_ target: Target) {
    for name in target.names { store(name) }
    read(target.namespaces.map(Expression.name))
  }

  /// Visits what belongs to this scope; scopes inside are visited with their own names.
  private func visit(_ statement: Statement) {
    switch statement {
    case .data, .breakLoop, .continueLoop, .generation: break
    case .output(let value, _): read([value])
    case .assignment(let target, let value, _):
      read([value])
      assign(target)
    case .assignmentBlock(let block): assign(block.target)
    case .conditional(let branches, let otherwise): visit(branches[...], otherwise)
    case .loop(let loop): read([loop.iterable])
    case .macro(let macro): store(macro.name)
    case .callBlock(let block): read([block.callee] + block.arguments.children)
    case .filterBlock(let block): read(block.filters.flatMap(\.children))
    case .with(let with): read(with.assignments.map(\.value))
    }
  }

  /// Visits the arms of `if` apart: what one of them gives a value to has the value from outside in the others.
  private func visit(_ branches: ArraySlice<Branch>, _ otherwise: [Statement]) {
    guard let first = branches.first else { return }
    read([first.condition])
    let arms = (0..<3).map { _ in ScopeNames(outer: outer, before: self) }
    arms[0].visit(first.body)
    for branch in branches.dropFirst() { arms[1].visit([branch], []) }
    arms[2].visit(otherwise)
    let newlyStored = arms.flatMap { arm in arm.stored.filter { !isStored($0) } }
    for arm in arms {
      initials.merge(arm.initials) { $1 }
      stored.formUnion(arm.stored)
    }
    for name in newlyStored { initials[name] = isOuter(name) ? .outer : .context }
  }
}

// The syntax tree of statements.

/// A part of a template.
enum Statement: Sendable {
  case data(Text)
  /// `{{ expression }}`
  case output(Expression, line: Int)
  case assignment(Target, Expression, line: Int)
  case assignmentBlock(AssignmentBlock)
  case conditional([Branch], otherwise: [Statement])
  case loop(Loop)
  case macro(Macro)
  case callBlock(CallBlock)
  case filterBlock(FilterBlock)
  case with(With)
  /// `{% generation %}`, transformers' mark around what the model says; printed as it is.
  case generation(Macro)
  case breakLoop
  case continueLoop
}

/// What a value is assigned to.
indirect enum Target: Sendable {
  case name(String)
  /// `namespace.attribute`
  case attribute(of: String, String)
  case tuple([Target])

  /// The names it gives values to.
  var names: [String] {
    switch self {
    case .name(let name): [name]
    case .attribute: []
    case .tuple(let targets): targets.flatMap(\.names)
    }
  }

  /// The namespaces whose attributes it gives values to.
  var namespaces: [String] {
    switch self {
    case .name: []
    case .attribute(let namespace, _): [namespace]
    case .tuple(let targets): targets.flatMap(\.namespaces)
    }
  }
}

/// Statements with names of their own. The names are found after parsing: `ScopeAnalysis`.
struct Block: Sendable {
  let statements: [Statement]
  let scope: ScopeID
}

/// One arm of `{% if %}`.
struct Branch: Sendable {
  let condition: Expression
  let body: [Statement]
  let line: Int
}

/// `{% set target | filters %}body{% endset %}`
struct AssignmentBlock: Sendable {
  let target: Target
  let filters: [Postfix]
  let body: Block
  let line: Int
}

/// `{% for target in iterable if condition %}body{% else %}otherwise{% endfor %}`
struct Loop: Sendable {
  let target: Target
  let iterable: Expression
  let condition: Expression?
  let body: Block
  let otherwise: Block
  let line: Int
}

/// `{% macro name(parameters) %}body{% endmacro %}`
struct Macro: Sendable {
  let name: String
  let parameters: [Parameter]
  let body: Block
  let line: Int
}

/// A parameter of a macro.
struct Parameter: Sendable {
  let name: String
  let defaultValue: Expression?
}

/// `{% call(parameters) callee %}body{% endcall %}`
struct CallBlock: Sendable {
  /// The macro that the body becomes.
  let caller: Macro
  /// What is called, up to the last bracket.
  let callee: Expression
  let arguments: Arguments
}

/// `{% filter filters %}body{% endfilter %}`
struct FilterBlock: Sendable {
  let filters: [Postfix]
  let body: Block
  let line: Int
}

/// `{% with name = value, … %}body{% endwith %}`
struct With: Sendable {
  let assignments: [(target: Target, value: Expression)]
  let body: Block
  let line: Int
}

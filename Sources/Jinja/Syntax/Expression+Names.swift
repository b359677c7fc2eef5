// Which names a tree mentions, in the order in which jinja2's visitors meet them.

extension Expression {
  /// The expressions directly inside.
  var children: [Expression] {
    switch self {
    case .literal, .name: []
    case .list(let elements), .tuple(let elements), .concatenation(let elements), .all(let elements),
      .any(let elements):
      elements
    case .dictionary(let members): members.flatMap { [$0.key, $0.value] }
    case .postfix(let base, let operations): [base] + operations.flatMap(\.children)
    case .negated(let operand), .plus(let operand), .not(let operand): [operand]
    case .arithmetic(let first, let rest): [first] + rest.map(\.1)
    case .comparison(let first, let rest): [first] + rest.map(\.1)
    case .conditional(let condition, let then, let otherwise):
      [condition, then] + (otherwise.map { [$0] } ?? [])
    }
  }

  /// The names whose values it reads.
  var names: [String] {
    if case .name(let name) = self { return [name] }
    return children.flatMap(\.names)
  }
}

extension Postfix {
  /// The expressions directly inside.
  var children: [Expression] {
    switch operation {
    case .attribute, .unavailable: []
    case .item(let index): [index]
    case .slice(let start, let stop, let step): [start, stop, step].compactMap { $0 }
    case .call(let arguments), .filter(_, let arguments), .test(_, let arguments, _): arguments.children
    }
  }
}

extension Arguments {
  var children: [Expression] {
    positional + named.map(\.value) + [spreadList, spreadDictionary].compactMap { $0 }
  }
}

/// A name in a statement: read, or given a value.
struct Mention {
  let name: String
  let isRead: Bool

  static func reads(_ expressions: [Expression]) -> [Mention] {
    expressions.flatMap(\.names).map { Mention(name: $0, isRead: true) }
  }

  static func writes(_ names: [String]) -> [Mention] { names.map { Mention(name: $0, isRead: false) } }

  /// Which of `names` the statements read before they write them, nested scopes and macros included.
  static func readFirst(_ names: Set<String>, in statements: [Statement]) -> Set<String> {
    var candidates = names
    var result: Set<String> = []
    for mention in statements.flatMap(\.mentions) where candidates.contains(mention.name) {
      if mention.isRead { result.insert(mention.name) } else { candidates.remove(mention.name) }
    }
    return result
  }
}

extension Statement {
  /// All names in it, scopes inside included.
  var mentions: [Mention] {
    switch self {
    case .data, .breakLoop, .continueLoop: []
    case .output(let value, _): Mention.reads([value])
    case .assignment(let target, let value, _): Mention.writes(target.names) + Mention.reads([value])
    case .assignmentBlock(let block):
      Mention.writes(block.target.names) + Mention.reads(block.filters.flatMap(\.children))
        + block.body.mentions
    case .conditional(let branches, let otherwise):
      branches.flatMap { Mention.reads([$0.condition]) + $0.body.flatMap(\.mentions) }
        + otherwise.flatMap(\.mentions)
    case .loop(let loop):
      Mention.writes(loop.target.names) + Mention.reads([loop.iterable]) + loop.body.mentions
        + loop.otherwise.mentions + Mention.reads(loop.condition.map { [$0] } ?? [])
    case .macro(let macro), .generation(let macro): macro.mentions
    case .callBlock(let block):
      Mention.reads([block.callee] + block.arguments.children) + block.caller.mentions
    case .filterBlock(let block): block.body.mentions + Mention.reads(block.filters.flatMap(\.children))
    case .with(let with):
      Mention.writes(with.assignments.flatMap(\.target.names)) + Mention.reads(with.assignments.map(\.value))
        + with.body.mentions
    }
  }
}

extension Block {
  fileprivate var mentions: [Mention] { statements.flatMap(\.mentions) }
}

extension Macro {
  fileprivate var mentions: [Mention] {
    Mention.writes(parameters.map(\.name)) + Mention.reads(parameters.compactMap(\.defaultValue))
      + body.mentions
  }
}

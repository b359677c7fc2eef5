// Running statements.

extension Renderer {
  /// How a block ends.
  enum Flow { case normal, breaks, continues }

  mutating func execute(_ block: Block, in frame: Frame) throws(JinjaError) -> Flow {
    try execute(block.statements, in: frame)
  }

  /// Runs statements until one of them leaves the loop around.
  mutating func execute(_ statements: [Statement], in frame: Frame) throws(JinjaError) -> Flow {
    for statement in statements {
      let flow = try nested { (renderer) throws(JinjaError) in try renderer.execute(statement, in: frame) }
      guard flow == .normal else { return flow }
    }
    return .normal
  }

  private mutating func execute(_ statement: Statement, in frame: Frame) throws(JinjaError) -> Flow {
    try spend()
    switch statement {
    case .data(let text): try print(text)
    case .output(let expression, let line):
      self.line = line
      try print(text(of: evaluate(expression, in: frame)))
    case .assignment(let target, let expression, let line):
      self.line = line
      try checkNamespaces(of: target, in: frame)
      try assign(evaluate(expression, in: frame), to: target, in: frame)
    case .assignmentBlock(let block): return try execute(block, in: frame)
    case .conditional(let branches, let otherwise): return try execute(branches, otherwise, in: frame)
    case .loop(let loop): return try execute(loop, in: frame)
    case .macro(let macro): frame.variables[macro.name] = .value(try define(macro, in: frame))
    case .callBlock(let block): try execute(block, in: frame)
    case .filterBlock(let block): return try execute(block, in: frame)
    case .with(let with): return try execute(with, in: frame)
    case .generation(let macro): try printText(call(define(macro, in: frame), CallArguments()))
    case .breakLoop: return .breaks
    case .continueLoop: return .continues
    }
    return .normal
  }

  private mutating func execute(
    _ branches: [Branch], _ otherwise: [Statement], in frame: Frame
  ) throws(JinjaError) -> Flow {
    for branch in branches {
      line = branch.line
      if try evaluate(branch.condition, in: frame).isTrue { return try execute(branch.body, in: frame) }
    }
    return try execute(otherwise, in: frame)
  }

  private mutating func execute(_ block: AssignmentBlock, in frame: Frame) throws(JinjaError) -> Flow {
    let inner = try self.frame(for: block.body.scope, outer: frame)
    var flow = Flow.normal
    let text = try captured { (renderer) throws(JinjaError) in
      flow = try renderer.execute(block.body, in: inner)
    }
    guard flow == .normal else { return flow }
    line = block.line
    let value = try apply(block.filters, to: .text(text), in: inner)
    try checkNamespaces(of: block.target, in: frame)
    try assign(value, to: block.target, in: frame)
    return .normal
  }

  private mutating func execute(_ block: FilterBlock, in frame: Frame) throws(JinjaError) -> Flow {
    let inner = try self.frame(for: block.body.scope, outer: frame)
    var flow = Flow.normal
    let text = try captured { (renderer) throws(JinjaError) in
      flow = try renderer.execute(block.body, in: inner)
    }
    guard flow == .normal else { return flow }
    line = block.line
    try printText(apply(block.filters, to: .text(text), in: inner))
    return .normal
  }

  private mutating func execute(_ with: With, in frame: Frame) throws(JinjaError) -> Flow {
    line = with.line
    let inner = try self.frame(for: with.body.scope, outer: frame)
    for (target, value) in with.assignments { try assign(evaluate(value, in: frame), to: target, in: inner) }
    return try execute(with.body, in: inner)
  }

  private mutating func execute(_ block: CallBlock, in frame: Frame) throws(JinjaError) {
    line = block.caller.line
    let caller = try define(block.caller, in: frame)
    let callee = try evaluate(block.callee, in: frame)
    var arguments = try evaluate(block.arguments, in: frame)
    arguments.named.append(("caller", caller))
    try printText(call(callee, arguments))
  }

  /// Prints what the filters of a block or a called macro give, which must be a text.
  private mutating func printText(_ value: Value) throws(JinjaError) {
    guard case .text(let text) = value else {
      throw failure(value, "cannot be what a block prints; a str can")
    }
    try print(text)
  }
}

// Assignment.
extension Renderer {
  /// Gives the names of `target` their values.
  mutating func assign(_ value: Value, to target: Target, in frame: Frame) throws(JinjaError) {
    switch target {
    case .name(let name): frame.variables[name] = .value(value)
    case .attribute(let name, let attribute):
      // Checked by `checkNamespaces`, but a tuple may have given the name another value since.
      guard case .namespace(let number) = self.value(of: name, in: frame) else { throw notANamespace }
      try set(attribute, of: number, to: value)
    case .tuple(let targets):
      let elements = try self.elements(of: value)
      guard elements.count == targets.count else {
        throw failure("expected \(targets.count) values to unpack, found \(elements.count)")
      }
      for (target, element) in zip(targets, elements) { try assign(element, to: target, in: frame) }
    }
  }

  /// Gives an attribute of a namespace a value.
  mutating func set(_ attribute: String, of namespace: Int, to value: Value) throws(JinjaError) {
    guard !attribute.hasPrefix("_") else {
      throw failure("the attribute \(Text(attribute).excerpt) of a namespace begins with an underscore")
    }
    namespaces[namespace].set(Text(attribute), to: value)
  }

  /// Refuses attributes of anything but namespaces before the value is evaluated.
  private func checkNamespaces(of target: Target, in frame: Frame) throws(JinjaError) {
    for name in target.namespaces {
      guard case .namespace = value(of: name, in: frame) else { throw notANamespace }
    }
  }

  private var notANamespace: JinjaError { failure("only attributes of a namespace can be assigned to") }
}

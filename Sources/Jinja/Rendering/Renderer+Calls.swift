// Macros, global functions and methods. The methods here are those of Python's dict, list and tuple that
// change nothing.

extension Renderer {
  mutating func define(_ macro: Macro, in frame: Frame) throws(JinjaError) -> Value {
    try spend(16)
    closures.append(Closure(macro: macro, frame: frame))
    return .macro(closures.count - 1)
  }

  mutating func evaluate(_ arguments: Arguments, in frame: Frame) throws(JinjaError) -> CallArguments {
    var result = CallArguments()
    for expression in arguments.positional { result.positional.append(try evaluate(expression, in: frame)) }
    for (name, expression) in arguments.named {
      result.named.append((name, try evaluate(expression, in: frame)))
    }
    if let list = arguments.spreadList {
      result.positional += try elements(of: evaluate(list, in: frame))
    }
    guard let members = arguments.spreadDictionary else { return result }
    guard case .dictionary(let dictionary) = try evaluate(members, in: frame) else {
      throw failure("only a dict can follow '**'")
    }
    for (key, value) in zip(dictionary.keys, dictionary.values) {
      try spend(1 + result.named.count)
      guard case .text(let name) = key, !result.named.contains(where: { $0.name == name.string }) else {
        throw failure("the dict behind '**' has a key that is no text, or that is given already")
      }
      result.named.append((name.string, value))
    }
    return result
  }

  mutating func call(_ callee: Value, _ arguments: CallArguments) throws(JinjaError) -> Value {
    switch callee {
    case .macro(let number): return try call(closures[number], arguments)
    case .function(let function): return try call(function, arguments)
    case .method(.loop(let loop), _): return try cycle(loop, arguments)
    case .method(.text(let text), let name): return try call(name, of: text, arguments)
    case .method(let receiver, let name): return try call(name, of: receiver, arguments)
    case .loop: throw failure("only a recursive loop can be called")
    default: throw failure(callee, "cannot be called")
    }
  }

  /// The text that a macro prints.
  private mutating func call(_ closure: Closure, _ arguments: CallArguments) throws(JinjaError) -> Value {
    let callLine = line
    let macro = closure.macro
    let frame = try self.frame(for: macro.body.scope, outer: closure.frame)
    try bind(arguments, to: macro, frame)
    for parameter in macro.parameters where frame.variables[parameter.name] == nil {
      frame.variables[parameter.name] = .missing
    }
    for parameter in macro.parameters {
      guard case .missing? = frame.variables[parameter.name] else { continue }
      let value =
        try parameter.defaultValue.map { (expression) throws(JinjaError) in
          try evaluate(expression, in: frame)
        }
        ?? .undefined("parameter '\(parameter.name)' was not provided")
      frame.variables[parameter.name] = .value(value)
    }
    let text = try captured { (renderer) throws(JinjaError) in
      _ = try renderer.nested { (renderer) throws(JinjaError) in try renderer.execute(macro.body, in: frame) }
    }
    line = callLine
    return .text(text)
  }

  /// Binds what is given. What no parameter takes goes to `varargs` and `kwargs`, if the macro mentions them.
  private mutating func bind(_ arguments: CallArguments, to macro: Macro, _ frame: Frame) throws(JinjaError) {
    try spend(macro.parameters.count * arguments.named.count)
    let specials = scopes[macro.body.scope].specials
    for (parameter, value) in zip(macro.parameters, arguments.positional) {
      frame.variables[parameter.name] = .value(value)
    }
    var caller = Value.undefined("no caller is defined")
    var rest = ValueDictionary()
    let unfilled = macro.parameters.dropFirst(arguments.positional.count).map(\.name)
    for (name, value) in arguments.named {
      if unfilled.contains(name) {
        frame.variables[name] = .value(value)
      } else if name == "caller", specials.contains("caller") {
        caller = value
      } else {
        guard specials.contains("kwargs") else {
          throw failure("the macro '\(macro.name)' takes no argument \(Text(name).excerpt)")
        }
        rest.set(Text(name), to: value)
      }
    }
    let surplus = Array(arguments.positional.dropFirst(macro.parameters.count))
    guard surplus.isEmpty || specials.contains("varargs") else {
      throw failure("the macro '\(macro.name)' takes at most \(macro.parameters.count) arguments")
    }
    if specials.contains("caller") { frame.variables["caller"] = .value(caller) }
    try check(depth: rest.depth)
    if specials.contains("kwargs") { frame.variables["kwargs"] = .value(.dictionary(rest)) }
    if specials.contains("varargs") {
      frame.variables["varargs"] = .value(try checked(surplus, isTuple: true))
    }
  }
}

extension Renderer {
  /// `receiver.name(arguments)`
  mutating func call(
    _ name: String, of receiver: Value, _ arguments: CallArguments
  ) throws(JinjaError) -> Value {
    let callee = "the method '\(receiver.typeName).\(name)'"
    switch (receiver, name) {
    case (.dictionary(let dictionary), "get"):
      let bound = try bind(arguments, to: ["", ""], required: 1, callee)
      return dictionary[try hashKey(bound[0] ?? .none)] ?? bound[1] ?? .none
    case (.dictionary(let dictionary), "keys"), (.dictionary(let dictionary), "values"),
      (.dictionary(let dictionary), "items"):
      _ = try bind(arguments, to: [], callee)
      guard let kind = DictionaryView.Kind(rawValue: name) else { throw unsupported(callee) }
      return .view(DictionaryView(kind: kind, dictionary: dictionary))
    case (.dictionary, "copy"), (.list, "copy"):
      _ = try bind(arguments, to: [], callee)
      return receiver
    case (.list(let list), "count"), (.tuple(let list), "count"):
      let wanted = try bind(arguments, to: [""], required: 1, callee)[0] ?? .none
      var count = 0
      for element in list.elements where try equal(element, wanted) { count += 1 }
      return .integer(count)
    case (.list(let list), "index"), (.tuple(let list), "index"):
      let wanted = try bind(arguments, to: [""], required: 1, callee)[0] ?? .none
      for (index, element) in list.elements.enumerated() where try equal(element, wanted) {
        return .integer(index)
      }
      throw failure("\(callee) does not find its argument")
    default: throw unsupported(callee)
    }
  }
}

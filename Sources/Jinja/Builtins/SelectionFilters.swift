// `map`, `select` and their kin, which apply filters and tests to each element, and the paths of attributes.

extension Renderer {
  mutating func select(
    _ filter: Filter, from value: Value, _ arguments: CallArguments
  ) throws(JinjaError) -> Value {
    // Python looks at the value before anything else, so that None has no elements here.
    guard value.isTrue else { return .iterator(ValueIterator([])) }
    let transformation = filter == .map ? try mapping(arguments) : try selection(filter, arguments)
    let captured = arguments.positional + arguments.named.map(\.value)
    let elements = ValueIterator(try iterator(over: value), capturing: captured, transformation)
    try check(depth: elements.depth)
    return .iterator(elements)
  }

  /// `map(attribute=path, default=value)` or `map(filter, arguments)`.
  private func mapping(_ arguments: CallArguments) throws(JinjaError) -> ValueIterator.Transformation {
    guard case let name? = arguments.positional.first else {
      let bound = try bind(arguments, to: ["attribute", "default"], required: 1, "the filter 'map'")
      let path = try attributePath(bound[0])
      let fallback = bound[1].flatMap { $0.isNone ? nil : $0 }
      return { (renderer, element) throws(JinjaError) in
        try renderer.member(path, of: element, default: fallback)
      }
    }
    let filter = try Filter(name: text(name, "the filter 'map'")?.string ?? "", line: line)
    let rest = CallArguments(positional: Array(arguments.positional.dropFirst()), named: arguments.named)
    return { (renderer, element) throws(JinjaError) in
      try renderer.apply(filter, to: element, rest)
    }
  }

  /// `select(test, arguments)`, `selectattr(path, test, arguments)` and their negations.
  private func selection(
    _ filter: Filter, _ arguments: CallArguments
  ) throws(JinjaError) -> ValueIterator.Transformation {
    var positional = arguments.positional[...]
    var path: AttributePath = []
    if filter == .selectattr || filter == .rejectattr {
      guard let attribute = positional.popFirst() else {
        throw failure("the filter '\(filter.rawValue)' needs the name of an attribute")
      }
      path = try attributePath(attribute)
    }
    let name = try text(positional.popFirst(), "the filter '\(filter.rawValue)'")?.string
    let test = try name.map { (name) throws(JinjaError) in try ValueTest(name: name, line: line) }
    let rest = CallArguments(positional: Array(positional), named: arguments.named)
    let keeps = filter == .select || filter == .selectattr
    return { (renderer, element) throws(JinjaError) in
      let value = try renderer.member(path, of: element)
      let passes =
        try test.map { (test) throws(JinjaError) in try renderer.passes(test, value, rest) } ?? value.isTrue
      return passes == keeps ? element : nil
    }
  }
}

/// The steps to an attribute of an attribute.
typealias AttributePath = [Value]

extension Renderer {
  /// The path `a.b.0`, whose numbers are indices; empty if there is none.
  func attributePath(_ value: Value?) throws(JinjaError) -> AttributePath {
    guard let value, !value.isNone else { return [] }
    guard case .text(let text) = value else { return [value] }
    return text.split(at: ".", limit: .max).map { range in
      let part = text[range]
      let isNumber = !part.isEmpty && part.scalars.allSatisfy { $0.decimalDigit != nil }
      return isNumber ? Int(part.string).map(Value.integer) ?? .text(part) : .text(part)
    }
  }

  /// The paths of `a,b.c`; one empty path if there are none.
  func attributePaths(_ value: Value?) throws(JinjaError) -> [AttributePath] {
    guard case .text(let text)? = value else { return [try attributePath(value)] }
    var paths: [AttributePath] = []
    for range in text.split(at: ",", limit: .max) { paths.append(try attributePath(.text(text[range]))) }
    return paths
  }

  /// What the path leads to from `value`; `fallback` for each step that leads nowhere.
  mutating func member(
    _ path: AttributePath, of value: Value, default fallback: Value? = nil
  ) throws(JinjaError) -> Value {
    var value = value
    for step in path {
      value = try item(step, of: value)
      if value.isUndefined, let fallback { value = fallback }
    }
    return value
  }
}

// Equality, order and membership as Python has them.

extension Renderer {
  mutating func holds(_ left: Value, _ operation: ComparisonOperator, _ right: Value) throws(JinjaError)
    -> Bool
  {
    switch operation {
    case .equal: return try equal(left, right)
    case .notEqual: return try !equal(left, right)
    case .isIn: return try contains(right, left)
    case .isNotIn: return try !contains(right, left)
    case .less: return try compare(left, right, operation).map { $0 == .less } ?? false
    case .lessOrEqual: return try compare(left, right, operation).map { $0 != .greater } ?? false
    case .greater: return try compare(left, right, operation).map { $0 == .greater } ?? false
    case .greaterOrEqual: return try compare(left, right, operation).map { $0 != .less } ?? false
    }
  }

  mutating func equal(_ left: Value, _ right: Value) throws(JinjaError) -> Bool {
    try spend()
    if let left = left.number, let right = right.number { return left == right }
    switch (left, right) {
    case (.undefined, .undefined), (.none, .none): return true
    case (.text(let left), .text(let right)):
      guard left.count == right.count else { return false }
      try spend(scalars: left.count)
      return left == right
    case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
      return try equal(left.elements, right.elements)
    case (.dictionary(let left), .dictionary(let right)): return try equal(left, right)
    case (.view(let left), .view(let right)): return try equal(left, right)
    case (.range(let left), .range(let right)):
      return left.count == right.count && (left.count == 0 || left.start == right.start)
        && (left.count < 2 || left.step == right.step)
    case (.iterator(let left), .iterator(let right)): return left === right
    case (.loop(let left), .loop(let right)): return left === right
    case (.method, .method): throw unsupported("the comparison of methods")
    default:
      guard let left = HashKey(left), let right = HashKey(right) else { return false }
      return left == right
    }
  }

  private mutating func equal(_ left: [Value], _ right: [Value]) throws(JinjaError) -> Bool {
    guard left.count == right.count else { return false }
    for (left, right) in zip(left, right) where try !equal(left, right) { return false }
    return true
  }

  private mutating func equal(_ left: ValueDictionary, _ right: ValueDictionary) throws(JinjaError) -> Bool {
    guard left.count == right.count else { return false }
    for (key, value) in zip(left.keys, left.values) {
      guard let other = right[try hashKey(key)], try equal(value, other) else { return false }
    }
    return true
  }

  /// Keys and items are sets; values are only equal to themselves.
  private mutating func equal(_ left: DictionaryView, _ right: DictionaryView) throws(JinjaError) -> Bool {
    guard left.kind == right.kind, left.kind != .values else { return false }
    if left.kind == .items { return try equal(left.dictionary, right.dictionary) }
    guard left.dictionary.count == right.dictionary.count else { return false }
    for key in left.dictionary.keys where right.dictionary[try hashKey(key)] == nil { return false }
    return true
  }

  /// How two values are ordered; nil if one of them is not a number though it should be.
  /// - Parameter operation: For errors.
  mutating func compare(
    _ left: Value, _ right: Value, _ operation: ComparisonOperator = .less
  ) throws(JinjaError) -> Number.Order? {
    try spend()
    if let left = left.number, let right = right.number {
      let order = Number.compare(left, right)
      return order == .unordered ? nil : order
    }
    switch (left, right) {
    case (.text(let left), .text(let right)):
      try spend(scalars: min(left.count, right.count))
      return left == right ? .equal : left < right ? .less : .greater
    case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
      for (left, right) in zip(left.elements, right.elements) where try !equal(left, right) {
        return try compare(left, right, operation)
      }
      return Number.compare(.integer(left.elements.count), .integer(right.elements.count))
    default:
      if left.isUndefined { throw failure(left, "") }
      if right.isUndefined { throw failure(right, "") }
      throw failure("'\(operation.rawValue)' cannot be applied to \(left.typeName) and \(right.typeName)")
    }
  }

  /// `element in container`
  mutating func contains(_ container: Value, _ element: Value) throws(JinjaError) -> Bool {
    switch container {
    case .text(let text):
      guard case .text(let part) = element else { throw failure(element, "cannot be part of a str") }
      try spend(scalars: text.count + part.count)
      return text.contains(part)
    case .dictionary(let dictionary): return dictionary[try hashKey(element)] != nil
    case .view(let view) where view.kind == .keys: return view.dictionary[try hashKey(element)] != nil
    case .namespace, .macro, .function, .method, .none, .bool, .integer, .float, .loop:
      throw failure("\(container.typeName) contains nothing")
    case .undefined, .list, .tuple, .range, .view, .iterator:
      let elements = try iterator(over: container)
      while let candidate = try elements.next(&self) {
        if try equal(candidate, element) { return true }
      }
      return false
    }
  }
}

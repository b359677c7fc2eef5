// Filters that order their elements or compare them with each other.

extension Renderer {
  mutating func apply(
    sortingFilter filter: Filter, to value: Value, _ arguments: FilterArguments
  ) throws(JinjaError) -> Value {
    switch filter {
    case .dictsort: return try dictsort(value, arguments)
    case .sort: return try sort(value, arguments)
    case .unique: return try unique(value, arguments)
    default: return try extreme(filter, of: value, arguments)
    }
  }

  private mutating func dictsort(_ value: Value, _ arguments: FilterArguments) throws(JinjaError) -> Value {
    guard case .dictionary(let dictionary) = value else {
      throw failure(value, "cannot be sorted by 'dictsort'")
    }
    let by = try text(arguments[1], arguments.callee) ?? "key"
    guard by == "key" || by == "value" else { throw failure("'dictsort' sorts by 'key' or 'value'") }
    let isCaseSensitive = arguments[0]?.isTrue == true
    var members: [(key: Value, item: Value)] = []
    for (key, member) in zip(dictionary.keys, dictionary.values) {
      let sortKey = try sortKey(by == "key" ? key : member, isCaseSensitive)
      members.append((sortKey, .tuple([key, member])))
    }
    return try checked(sorted(members, isReversed: arguments[2]?.isTrue == true))
  }

  private mutating func sort(_ value: Value, _ arguments: FilterArguments) throws(JinjaError) -> Value {
    let isCaseSensitive = arguments[1]?.isTrue == true
    let paths = try attributePaths(arguments[2])
    var elements: [(key: Value, item: Value)] = []
    for element in try self.elements(of: value) {
      var keys: [Value] = []
      for path in paths { keys.append(try sortKey(member(path, of: element), isCaseSensitive)) }
      elements.append((.list(keys), element))
    }
    return try checked(sorted(elements, isReversed: arguments[0]?.isTrue == true))
  }

  /// The first of the elements that are the same, as an iterator.
  private mutating func unique(_ value: Value, _ arguments: FilterArguments) throws(JinjaError) -> Value {
    let isCaseSensitive = arguments[0]?.isTrue == true
    let path = try attributePath(arguments[1])
    var seen: Set<HashKey> = []
    let elements = ValueIterator(try iterator(over: value)) { (renderer, element) throws(JinjaError) in
      let key = try renderer.sortKey(renderer.member(path, of: element), isCaseSensitive)
      return seen.insert(try renderer.hashKey(key)).inserted ? element : nil
    }
    try check(depth: elements.depth)
    return .iterator(elements)
  }

  private mutating func extreme(
    _ filter: Filter, of value: Value, _ arguments: FilterArguments
  ) throws(JinjaError) -> Value {
    let isCaseSensitive = arguments[0]?.isTrue == true
    let path = try attributePath(arguments[1])
    var best: (key: Value, element: Value)?
    for element in try elements(of: value) {
      let key = try sortKey(member(path, of: element), isCaseSensitive)
      if let current = best {
        let isBetter =
          filter == .min ? try holds(key, .less, current.key) : try holds(key, .greater, current.key)
        if !isBetter { continue }
      }
      best = (key, element)
    }
    return best?.element ?? .undefined("the \(filter.rawValue) of an empty sequence")
  }

  /// What is compared: texts in lower case, unless case matters.
  private mutating func sortKey(_ value: Value, _ isCaseSensitive: Bool) throws(JinjaError) -> Value {
    guard case .text(let text) = value, !isCaseSensitive else { return value }
    try spend(scalars: text.count)
    return .text(text.lowercased)
  }

  /// Items by their keys. What is equal keeps its order, also if the order is reversed.
  private mutating func sorted(
    _ elements: [(key: Value, item: Value)], isReversed: Bool
  ) throws(JinjaError) -> [Value] {
    let sorted = try sorted(elements) { (renderer, left, right) throws(JinjaError) in
      isReversed
        ? try renderer.holds(right.key, .less, left.key) : try renderer.holds(left.key, .less, right.key)
    }
    return sorted.map(\.item)
  }

  /// A stable merge sort. The library's sort cannot pass typed errors on.
  mutating func sorted<Element>(
    _ elements: [Element], _ precedes: (inout Renderer, Element, Element) throws(JinjaError) -> Bool
  ) throws(JinjaError) -> [Element] {
    guard elements.count > 1 else { return elements }
    try spend(elements.count)
    let middle = elements.count / 2
    let left = try sorted(Array(elements[..<middle]), precedes)
    let right = try sorted(Array(elements[middle...]), precedes)
    var merged: [Element] = []
    var (leftIndex, rightIndex) = (0, 0)
    while leftIndex < left.count, rightIndex < right.count {
      if try precedes(&self, right[rightIndex], left[leftIndex]) {
        merged.append(right[rightIndex])
        rightIndex += 1
      } else {
        merged.append(left[leftIndex])
        leftIndex += 1
      }
    }
    return merged + left[leftIndex...] + right[rightIndex...]
  }
}

// Going through values, counting them, and cutting pieces out of them.

extension Renderer {
  /// Goes through a value's elements. An iterator is its own, so that it is used up.
  mutating func iterator(over value: Value) throws(JinjaError) -> ValueIterator {
    switch value {
    case .iterator(let iterator): return iterator
    case .undefined: return ValueIterator([])
    case .list(let list), .tuple(let list): return ValueIterator(list.elements)
    case .dictionary(let dictionary): return ValueIterator(dictionary.keys)
    case .view(let view):
      try spend(view.dictionary.count * 4)
      return ValueIterator(view.elements)
    case .range(let range):
      try spend(range.count)
      return ValueIterator(range.elements)
    case .text(let text):
      try spend(text.count * 4)
      return ValueIterator(text.scalars.map { .text(Text([$0])) })
    case .loop: throw unsupported("going through 'loop'")
    case .none, .bool, .integer, .float, .namespace, .macro, .function, .method:
      throw failure("\(value.typeName) has no elements to go through")
    }
  }

  /// All elements of a value.
  mutating func elements(of value: Value) throws(JinjaError) -> [Value] {
    if case .list(let list) = value { return list.elements }
    if case .tuple(let list) = value { return list.elements }
    return try iterator(over: value).rest(&self)
  }

  /// Python's `len`.
  mutating func count(of value: Value) throws(JinjaError) -> Int {
    switch value {
    case .undefined: return 0
    case .text(let text): return text.count
    case .list(let list), .tuple(let list): return list.elements.count
    case .dictionary(let dictionary): return dictionary.count
    case .view(let view): return view.dictionary.count
    case .range(let range): return range.count
    case .loop(let loop): return try loop.count(&self)
    case .none, .bool, .integer, .float, .iterator, .namespace, .macro, .function, .method:
      throw failure("\(value.typeName) has no length")
    }
  }

  /// `value[start:stop:step]`
  mutating func slice(
    _ value: Value, from start: Value, to stop: Value, by step: Value
  ) throws(JinjaError) -> Value {
    func indices(_ count: Int) throws(JinjaError) -> StrideTo<Int> {
      try sliceIndices(count, start, stop, step)
    }
    switch value {
    case .text(let text):
      let indices = try indices(text.count)
      return try checked(text.replacing(indices.map { text.scalars[$0] }))
    case .list(let list): return try checked(indices(list.elements.count).map { list.elements[$0] })
    case .tuple(let list):
      return try checked(indices(list.elements.count).map { list.elements[$0] }, isTuple: true)
    case .range: throw unsupported("a slice of a range")
    default: throw failure(value, "cannot be sliced")
    }
  }

  /// Python's `slice.indices`: which elements of `count` a slice takes.
  private func sliceIndices(
    _ count: Int, _ start: Value, _ stop: Value, _ step: Value
  ) throws(JinjaError) -> StrideTo<Int> {
    let step = try sliceBound(step) ?? 1
    guard step != 0 else { throw failure("the step of a slice is 0") }
    let (lowest, highest) = step > 0 ? (0, count) : (-1, count - 1)
    func clamped(_ bound: Int?, _ fallback: Int) -> Int {
      guard let bound else { return fallback }
      return min(max(bound < 0 ? max(bound, -count - 1) + count : bound, lowest), highest)
    }
    let first = clamped(try sliceBound(start), step > 0 ? lowest : highest)
    let end = clamped(try sliceBound(stop), step > 0 ? highest : lowest)
    // No step reaches farther than all elements do.
    return stride(from: first, to: end, by: min(max(step, -count - 1), count + 1))
  }

  private func sliceBound(_ value: Value) throws(JinjaError) -> Int? {
    if value.isNone { return nil }
    guard let bound = value.wholeNumber else { throw failure(value, "cannot be the bound of a slice") }
    return bound
  }
}

// What can be gone through once: Python's iterators and generators, which filters such as `map` give.

/// A source of values that is used up by going through it.
final class ValueIterator {
  /// What becomes of an element: a value, or nothing, which leaves it out.
  typealias Transformation = (inout Renderer, Value) throws(JinjaError) -> Value?

  private enum Source {
    case elements([Value], next: Int)
    case transformed(ValueIterator, Transformation)
  }

  private var source: Source
  /// How deep iterators and lists are nested in it, itself included.
  let depth: Int

  init(_ elements: [Value]) {
    source = .elements(elements, next: 0)
    depth = 1 + (elements.lazy.map(\.depth).max() ?? 0)
  }

  /// - Parameter captured: What the transformation holds on to.
  init(_ base: ValueIterator, capturing captured: [Value] = [], _ transformation: @escaping Transformation) {
    source = .transformed(base, transformation)
    depth = 1 + max(base.depth, captured.lazy.map(\.depth).max() ?? 0)
  }

  /// The next value; nil at the end.
  func next(_ renderer: inout Renderer) throws(JinjaError) -> Value? {
    try renderer.spend()
    switch source {
    case .elements(let elements, let next):
      guard next < elements.count else { return nil }
      source = .elements(elements, next: next + 1)
      return elements[next]
    case .transformed(let base, let transformation):
      while let element = try base.next(&renderer) {
        if let result = try transformation(&renderer, element) { return result }
      }
      return nil
    }
  }

  /// All values that are left.
  func rest(_ renderer: inout Renderer) throws(JinjaError) -> [Value] {
    var values: [Value] = []
    while let value = try next(&renderer) { values.append(value) }
    return values
  }
}

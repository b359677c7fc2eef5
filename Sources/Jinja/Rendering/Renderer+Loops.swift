// `for`, and the variable `loop` that describes it.

/// What `loop` knows. It looks one element ahead.
final class LoopState {
  /// The values of the loop, already without those its condition leaves out.
  private var source: ValueIterator
  /// How deep iterators and lists are nested in it, itself included.
  let depth: Int
  /// How many there are in all, where that is known before they are gone through.
  var knownCount: Int?
  fileprivate(set) var index0 = -1
  fileprivate(set) var previous: Value?
  fileprivate(set) var current: Value?
  /// Values taken from `source` that are not gone through yet.
  private var ahead: ArraySlice<Value> = []

  init(_ source: ValueIterator, knownCount: Int?) {
    self.source = source
    self.knownCount = knownCount
    depth = source.depth + 1
  }

  /// Lets go of what the source holds on to: the loop is over, but variables may keep this.
  func finish() {
    source = ValueIterator([])
    ahead = []
  }

  /// The element after the current one.
  func peek(_ renderer: inout Renderer) throws(JinjaError) -> Value? {
    if ahead.isEmpty, let next = try source.next(&renderer) { ahead = [next] }
    return ahead.first
  }

  /// Goes to the next element.
  func advance(_ renderer: inout Renderer) throws(JinjaError) -> Value? {
    guard let next = try peek(&renderer) else { return nil }
    ahead.removeFirst()
    index0 += 1
    previous = current
    current = next
    return next
  }

  /// The number of elements. Counting takes all of them from the source.
  func count(_ renderer: inout Renderer) throws(JinjaError) -> Int {
    if let knownCount { return knownCount }
    ahead += try source.rest(&renderer)
    let count = index0 + 1 + ahead.count
    knownCount = count
    return count
  }
}

extension Renderer {
  mutating func execute(_ loop: Loop, in frame: Frame) throws(JinjaError) -> Flow {
    line = loop.line
    let iterable = try evaluate(loop.iterable, in: frame)
    let state = try LoopState(
      selected(iterator(over: iterable), by: loop, in: frame),
      knownCount: loop.condition == nil ? try? count(of: iterable) : nil)
    defer { state.finish() }
    // jinja2 notes at the end of the body that there was an element, and so `break` and `continue` hide it.
    var isUnfinished = true
    while let element = try state.advance(&self) {
      try spend()
      let inner = try self.frame(for: loop.body.scope, outer: frame)
      if scopes[loop.body.scope].specials.contains("loop") { inner.variables["loop"] = .value(.loop(state)) }
      try assign(element, to: loop.target, in: inner)
      let flow = try execute(loop.body, in: inner)
      line = loop.line
      if flow == .normal { isUnfinished = false }
      if flow == .breaks { break }
    }
    guard isUnfinished else { return .normal }
    return try execute(loop.otherwise, in: self.frame(for: loop.otherwise.scope, outer: frame))
  }

  /// The elements for which the loop's condition holds. It sees the loop's variables, but not `loop`.
  private func selected(_ source: ValueIterator, by loop: Loop, in frame: Frame) -> ValueIterator {
    guard let condition = loop.condition else { return source }
    return ValueIterator(source) { (renderer, element) throws(JinjaError) in
      let inner = Frame(outer: frame)
      try renderer.assign(element, to: loop.target, in: inner)
      return try renderer.evaluate(condition, in: inner).isTrue ? element : nil
    }
  }

  /// An attribute of `loop`; nil if it has none of this name.
  mutating func attribute(_ name: String, of loop: LoopState) throws(JinjaError) -> Value? {
    switch name {
    case "index0": return .integer(loop.index0)
    case "index": return .integer(loop.index0 + 1)
    case "first": return .bool(loop.index0 == 0)
    case "last": return .bool(try loop.peek(&self) == nil)
    case "length": return .integer(try loop.count(&self))
    case "revindex": return .integer(try loop.count(&self) - loop.index0)
    case "revindex0": return .integer(try loop.count(&self) - loop.index0 - 1)
    case "depth": return .integer(1)
    case "depth0": return .integer(0)
    case "previtem": return loop.previous ?? .undefined("there is no previous item")
    case "nextitem": return try loop.peek(&self) ?? .undefined("there is no next item")
    case "cycle": return .method(of: .loop(loop), name)
    case "changed": throw unsupported("loop.changed")
    default: return nil
    }
  }

  /// `loop.cycle(…)`: its arguments in turn.
  func cycle(_ loop: LoopState, _ arguments: CallArguments) throws(JinjaError) -> Value {
    guard !arguments.positional.isEmpty, arguments.named.isEmpty else {
      throw failure("loop.cycle takes one or more values without names")
    }
    return arguments.positional[loop.index0 % arguments.positional.count]
  }
}

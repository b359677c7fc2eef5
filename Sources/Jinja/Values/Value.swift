// The values of a running template: Python's, as far as a sandbox lets a template see them. Lists and
// dictionaries cannot be changed, as in jinja2's immutable sandbox, so they are values; namespaces can, and
// are numbers.

/// A Python object.
enum Value {
  case undefined(Undefined)
  case none
  case bool(Bool)
  case integer(Int)
  case float(Double)
  case text(Text)
  case list(ValueList)
  case tuple(ValueList)
  indirect case range(ValueRange)
  indirect case dictionary(ValueDictionary)
  /// `keys()`, `values()` or `items()` of a dictionary.
  indirect case view(DictionaryView)
  /// What filters such as `map` give: it can be gone through once.
  case iterator(ValueIterator)
  /// A number in `Renderer.namespaces`.
  case namespace(Int)
  /// A number in `Renderer.closures`.
  case macro(Int)
  case function(GlobalFunction)
  indirect case method(of: Value, String)
  /// The variable `loop`.
  case loop(LoopState)
}

/// A value that is not there, and why.
struct Undefined {
  let reason: String
}

/// The elements of a list or tuple.
struct ValueList {
  let elements: [Value]
  /// How deep lists and dictionaries are nested in it, itself included.
  let depth: Int

  init(_ elements: [Value]) {
    self.elements = elements
    depth = 1 + (elements.lazy.map(\.depth).max() ?? 0)
  }
}

/// Python's `range`.
struct ValueRange {
  let start: Int
  let stop: Int
  let step: Int
  let count: Int

  /// The numbers from `start` by `step`, which is not 0, before `stop`. Nil if they reach too far for `Int`.
  init?(start: Int, stop: Int, step: Int) {
    let (distance, isTooFar) = stop.subtractingReportingOverflow(start)
    guard !isTooFar else { return nil }
    let isEmpty = step > 0 ? distance <= 0 : distance >= 0
    let last = isEmpty ? -1 : (distance - step.signum()) / step
    guard last < Int.max else { return nil }
    self.start = start
    self.stop = stop
    self.step = step
    count = last + 1
  }

  /// The element at `index`, which is one of them.
  subscript(index: Int) -> Int { start + index * step }

  var elements: [Value] { (0..<count).map { .integer(self[$0]) } }
}

/// What `keys()`, `values()` and `items()` give.
struct DictionaryView {
  enum Kind: String { case keys, values, items }
  let kind: Kind
  let dictionary: ValueDictionary

  var elements: [Value] {
    switch kind {
    case .keys: dictionary.keys
    case .values: dictionary.values
    case .items: dictionary.items
    }
  }
}

extension Value {
  /// A list of `elements`.
  static func list(_ elements: [Value]) -> Value { .list(ValueList(elements)) }
  /// A tuple of `elements`.
  static func tuple(_ elements: [Value]) -> Value { .tuple(ValueList(elements)) }
  /// A value that is not there.
  static func undefined(_ reason: String) -> Value { .undefined(Undefined(reason: reason)) }

  /// How deep lists, dictionaries and iterators are nested: 0 for other values.
  var depth: Int {
    switch self {
    case .list(let list), .tuple(let list): list.depth
    case .dictionary(let dictionary): dictionary.depth
    case .view(let view): view.dictionary.depth
    case .iterator(let iterator): iterator.depth
    case .loop(let loop): loop.depth
    case .method(let receiver, _): receiver.depth
    default: 0
    }
  }

  var isUndefined: Bool { if case .undefined = self { true } else { false } }
  var isNone: Bool { if case .none = self { true } else { false } }

  /// Whether `if` takes it for true.
  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let flag): flag
    case .integer(let value): value != 0
    case .float(let value): value != 0
    case .text(let text): !text.isEmpty
    case .list(let list), .tuple(let list): !list.elements.isEmpty
    case .range(let range): range.count > 0
    case .dictionary(let dictionary): dictionary.count > 0
    case .view(let view): view.dictionary.count > 0
    case .iterator, .namespace, .macro, .function, .method, .loop: true
    }
  }

  /// The value as a whole number, truth values included.
  var wholeNumber: Int? {
    switch self {
    case .bool(let flag): flag ? 1 : 0
    case .integer(let value): value
    default: nil
    }
  }

  /// The value as a number, truth values included.
  var number: Number? {
    if case .float(let value) = self { return .float(value) }
    return wholeNumber.map(Number.integer)
  }

  /// The name of its type in Python.
  var typeName: String {
    switch self {
    case .undefined: "Undefined"
    case .none: "NoneType"
    case .bool: "bool"
    case .integer: "int"
    case .float: "float"
    case .text: "str"
    case .list: "list"
    case .tuple: "tuple"
    case .range: "range"
    case .dictionary: "dict"
    case .view(let view): "dict_\(view.kind.rawValue)"
    case .iterator: "generator"
    case .namespace: "Namespace"
    case .macro: "Macro"
    case .function: "function"
    case .method: "method"
    case .loop: "LoopContext"
    }
  }
}

extension Value {
  init(_ literal: Literal) {
    switch literal {
    case .none: self = .none
    case .bool(let flag): self = .bool(flag)
    case .integer(let value): self = .integer(value)
    case .float(let value): self = .float(value)
    case .text(let text): self = .text(text)
    }
  }
}

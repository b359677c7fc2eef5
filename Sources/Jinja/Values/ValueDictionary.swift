// Python's dict: members in order, keys of any type that has a hash, equal numbers the same key.

/// A dictionary.
struct ValueDictionary {
  private(set) var keys: [Value] = []
  private(set) var values: [Value] = []
  private var positions: [HashKey: Int] = [:]
  /// How deep lists and dictionaries are nested in it, itself included.
  private(set) var depth = 1

  init() {}

  var count: Int { keys.count }

  /// The members as tuples.
  var items: [Value] { zip(keys, values).map { .tuple([$0, $1]) } }

  /// The member with a key that has a hash.
  subscript(key: HashKey) -> Value? { positions[key].map { values[$0] } }

  subscript(name: String) -> Value? { self[HashKey.text(Text(name))] }

  /// Gives `key` a value, at its old place if it has one.
  mutating func set(_ hashKey: HashKey, _ key: Value, to value: Value) {
    depth = max(depth, 1 + key.depth, 1 + value.depth)
    if let position = positions[hashKey] {
      values[position] = value
    } else {
      positions[hashKey] = keys.count
      keys.append(key)
      values.append(value)
    }
  }

  mutating func set(_ name: Text, to value: Value) { set(.text(name), .text(name), to: value) }
}

/// What Python compares of a key.
enum HashKey: Hashable {
  case undefined
  case none
  /// Whole numbers, truth values and floats that are whole.
  case integer(Int)
  case float(Double)
  case text(Text)
  case tuple([HashKey])
  case range(start: Int, step: Int, count: Int)
  /// Values that are only equal to themselves.
  case identity(String, Int)

  /// Nil for values without a hash: lists, dictionaries and what holds them.
  init?(_ value: Value) {
    switch value {
    case .undefined: self = .undefined
    case .none: self = .none
    case .bool(let flag): self = .integer(flag ? 1 : 0)
    case .integer(let value): self = .integer(value)
    case .float(let value): self = Int(exactly: value).map(HashKey.integer) ?? .float(value)
    case .text(let text): self = .text(text)
    case .tuple(let list):
      var keys: [HashKey] = []
      for element in list.elements {
        guard let key = HashKey(element) else { return nil }
        keys.append(key)
      }
      self = .tuple(keys)
    case .range(let range):
      self = .range(
        start: range.count > 0 ? range.start : 0, step: range.count > 1 ? range.step : 0, count: range.count)
    case .namespace(let number): self = .identity("namespace", number)
    case .macro(let number): self = .identity("macro", number)
    case .function(let function): self = .identity(function.rawValue, 0)
    case .list, .dictionary, .view, .iterator, .method, .loop: return nil
    }
  }

  /// Roughly how many bytes it has.
  var byteCount: Int {
    switch self {
    case .text(let text): text.count * 4
    case .tuple(let keys): keys.reduce(16) { $0 + $1.byteCount }
    default: 16
    }
  }
}

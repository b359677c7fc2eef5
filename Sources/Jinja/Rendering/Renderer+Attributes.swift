// `value.name` and `value[index]`. jinja2 looks for a Python attribute before it looks for a member with `.`,
// and after it with `[]`; so `message.items` is the method of a dict even if the message has a member of that
// name.

extension Renderer {
  /// `value.name`
  mutating func attribute(_ name: String, of value: Value) throws(JinjaError) -> Value {
    if let attribute = try pythonAttribute(name, of: value) { return attribute }
    if case .dictionary(let dictionary) = value, let member = dictionary[name] { return member }
    return missing(.text(Text(name)), of: value)
  }

  /// `value[index]`
  mutating func item(_ index: Value, of value: Value) throws(JinjaError) -> Value {
    switch value {
    case .undefined: throw failure(value, "has no items")
    case .dictionary(let dictionary):
      if let key = HashKey(index) {
        try spend(1 + key.byteCount / 16)
        if let member = dictionary[key] { return member }
      }
    case .list(let list), .tuple(let list):
      if let position = position(index, count: list.elements.count) { return list.elements[position] }
    case .text(let text):
      if let position = position(index, count: text.count) {
        return .text(text.replacing([text.scalars[position]]))
      }
    case .range(let range):
      if let position = position(index, count: range.count) { return .integer(range[position]) }
    default: break
    }
    guard case .text(let name) = index else { return missing(index, of: value) }
    return try pythonAttribute(name.string, of: value) ?? missing(index, of: value)
  }

  /// The position of an element; negative indices count from the end.
  private func position(_ index: Value, count: Int) -> Int? {
    guard let index = index.wholeNumber else { return nil }
    let position = index < 0 ? index + count : index
    return (0..<count).contains(position) ? position : nil
  }

  private func missing(_ index: Value, of value: Value) -> Value {
    switch index {
    case .text(let name): .undefined("\(value.typeName) has no member \(name.excerpt)")
    case .integer(let number): .undefined("\(value.typeName) has no member \(number)")
    default: .undefined("\(value.typeName) has no member of type \(index.typeName)")
    }
  }

  /// What Python's `getattr` gives; nil if the type has no such attribute.
  private mutating func pythonAttribute(_ name: String, of value: Value) throws(JinjaError) -> Value? {
    switch value {
    case .undefined: throw failure(value, "has no attributes")
    case .namespace(let number):
      if let value = namespaces[number][name] { return value }
    case .loop(let loop):
      if let value = try attribute(name, of: loop) { return value }
    default: break
    }
    // Jinja's sandbox gives nothing for Python's own attributes, and complains only when it is used.
    if name.hasPrefix("__"), name.hasSuffix("__") {
      return .undefined("the attribute '\(name)' is not safe to use")
    }
    guard value.attributeNames.contains(name) else { return nil }
    if value.mutatingMethods.contains(name) {
      return .undefined("\(value.typeName).\(name) would change a value, which templates must not")
    }
    return .method(of: value, name)
  }
}

extension Value {
  /// The names of the attributes that the type has in Python, without those that begin with two underscores.
  fileprivate var attributeNames: Set<String> {
    switch self {
    case .text: Self.textAttributes
    case .dictionary: Self.dictionaryAttributes
    case .list: Self.listAttributes
    case .tuple: ["count", "index"]
    case .range: ["count", "index", "start", "step", "stop"]
    case .view(let view): view.kind == .values ? ["mapping"] : ["isdisjoint", "mapping"]
    case .integer, .bool: Self.integerAttributes
    case .float: ["as_integer_ratio", "conjugate", "fromhex", "hex", "imag", "is_integer", "real"]
    case .macro: ["arguments", "caller", "catch_kwargs", "catch_varargs", "explicit_caller", "name"]
    case .iterator:
      ["close", "gi_code", "gi_frame", "gi_running", "gi_suspended", "gi_yieldfrom", "send", "throw"]
    default: []
    }
  }

  /// Methods that the sandbox does not let a template call.
  fileprivate var mutatingMethods: Set<String> {
    switch self {
    case .dictionary: ["clear", "pop", "popitem", "setdefault", "update"]
    case .list: ["append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"]
    default: []
    }
  }

  private static let textAttributes: Set<String> = [
    "capitalize", "casefold", "center", "count", "encode", "endswith", "expandtabs", "find", "format",
    "format_map",
    "index", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower", "isnumeric",
    "isprintable", "isspace", "istitle", "isupper", "join", "ljust", "lower", "lstrip", "maketrans",
    "partition",
    "removeprefix", "removesuffix", "replace", "rfind", "rindex", "rjust", "rpartition", "rsplit", "rstrip",
    "split",
    "splitlines", "startswith", "strip", "swapcase", "title", "translate", "upper", "zfill",
  ]
  private static let dictionaryAttributes: Set<String> = [
    "clear", "copy", "fromkeys", "get", "items", "keys", "pop", "popitem", "setdefault", "update", "values",
  ]
  private static let listAttributes: Set<String> = [
    "append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse", "sort",
  ]
  private static let integerAttributes: Set<String> = [
    "as_integer_ratio", "bit_count", "bit_length", "conjugate", "denominator", "from_bytes", "imag",
    "numerator",
    "real", "to_bytes",
  ]
}

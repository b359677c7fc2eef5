// The functions that every template may call.

/// A function that jinja2 or transformers gives to templates.
enum GlobalFunction: String {
  case range
  case dict
  case namespace
  case raiseException = "raise_exception"
  case strftimeNow = "strftime_now"
  // Known, so that they are not undefined, but not offered.
  case cycler
  case joiner
  case lipsum
}

extension Renderer {
  /// Longest range, as in jinja2's sandbox.
  private static var maximumRangeCount: Int { 100_000 }

  mutating func call(_ function: GlobalFunction, _ arguments: CallArguments) throws(JinjaError) -> Value {
    let callee = "the function '\(function.rawValue)'"
    switch function {
    case .range: return try range(arguments)
    case .dict: return .dictionary(try dictionary(arguments, callee))
    case .namespace:
      let dictionary = try dictionary(arguments, callee)
      guard
        !dictionary.keys.contains(where: {
          if case .text(let key) = $0 { key.scalars.first == "_" } else { false }
        })
      else { throw failure("an attribute of a namespace begins with an underscore") }
      try spend(16)
      namespaces.append(dictionary)
      return .namespace(namespaces.count - 1)
    case .raiseException:
      let message = try bind(arguments, to: ["message"], required: 1, callee)[0] ?? .none
      throw .raised(line: line, message: try text(of: message).string)
    case .strftimeNow:
      let argument = try bind(arguments, to: ["format"], required: 1, callee)[0]
      guard let format = try text(argument, callee) else { return .none }
      guard let date else { throw failure("the template prints today's date, which it was not given") }
      return try checked(formatted(date, format))
    case .cycler, .joiner, .lipsum: throw unsupported(callee)
    }
  }

  private mutating func range(_ arguments: CallArguments) throws(JinjaError) -> Value {
    let callee = "the function 'range'"
    let bound = try bind(arguments, to: ["", "", ""], required: 1, callee)
    var numbers: [Int] = []
    for value in bound {
      if let number = try wholeNumber(value, callee) { numbers.append(number) }
    }
    let step = numbers.count > 2 ? numbers[2] : 1
    guard step != 0 else { throw failure("the step of a range is 0") }
    let (start, stop) = numbers.count > 1 ? (numbers[0], numbers[1]) : (0, numbers[0])
    guard let range = ValueRange(start: start, stop: stop, step: step), range.count <= Self.maximumRangeCount
    else {
      throw failure("the range has more than \(Self.maximumRangeCount) numbers")
    }
    return .range(range)
  }

  /// `dict(mapping, name=value, …)`, or `dict(pairs, …)`.
  private mutating func dictionary(_ arguments: CallArguments, _ callee: String) throws(JinjaError)
    -> ValueDictionary
  {
    guard arguments.positional.count <= 1 else {
      throw failure("\(callee) takes at most one argument without a name")
    }
    var result = ValueDictionary()
    switch arguments.positional.first {
    case nil: break
    case .dictionary(let dictionary): result = dictionary
    case .undefined(let undefined): throw .undefined(line: line, reason: undefined.reason)
    case let pairs?:
      for pair in try elements(of: pairs) {
        let members = try elements(of: pair)
        guard members.count == 2 else { throw failure("\(callee) wants pairs of a key and a value") }
        try set(members[0], to: members[1], in: &result)
      }
    }
    for (name, value) in arguments.named { result.set(Text(name), to: value) }
    try spend(result.count)
    try check(depth: result.depth)
    return result
  }

  /// Gives `key` a value; refuses keys without a hash.
  mutating func set(_ key: Value, to value: Value, in dictionary: inout ValueDictionary) throws(JinjaError) {
    dictionary.set(try hashKey(key), key, to: value)
  }

  /// What of `key` is compared; refuses keys without a hash.
  mutating func hashKey(_ key: Value) throws(JinjaError) -> HashKey {
    if case .method = key { throw unsupported("a method as a key") }
    guard let hashKey = HashKey(key) else { throw failure(key, "cannot be a key of a dict") }
    try spend(1 + hashKey.byteCount / 16)
    return hashKey
  }
}

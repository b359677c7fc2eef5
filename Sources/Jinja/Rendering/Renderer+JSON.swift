// JSON in and out: the conversation that a template is given, and transformers' filter `tojson`.
import JSON

extension Value {
  /// The value as Python's `json.loads` would give it.
  /// - Throws: `JinjaError.limit` if it is too deep, or has a whole number beyond 64 bits.
  init(_ json: JSONValue, limits: JinjaLimits, depth: Int = 1) throws(JinjaError) {
    switch json {
    case .null: self = .none
    case .bool(let flag): self = .bool(flag)
    case .number(let number): self = try Value(number)
    case .string(let string): self = .text(Text(string))
    case .array(let elements):
      try Self.check(depth, limits)
      var values: [Value] = []
      for element in elements { values.append(try Value(element, limits: limits, depth: depth + 1)) }
      self = .list(values)
    case .object(let object):
      try Self.check(depth, limits)
      self = .dictionary(try ValueDictionary(object, limits: limits, depth: depth))
    }
  }

  private init(_ number: JSONNumber) throws(JinjaError) {
    if number.literal.utf8.contains(where: { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") }) {
      self = .float(number.doubleValue)
    } else {
      guard let value = number.intValue else { throw .limit(line: 1, .integer) }
      self = .integer(value)
    }
  }

  private static func check(_ depth: Int, _ limits: JinjaLimits) throws(JinjaError) {
    guard depth <= limits.valueDepth else { throw .limit(line: 1, .valueDepth(limits.valueDepth)) }
  }
}

extension ValueDictionary {
  /// The members of an object, in order.
  init(_ object: JSONObject, limits: JinjaLimits, depth: Int = 1) throws(JinjaError) {
    self.init()
    for (key, value) in object.members {
      set(Text(key), to: try Value(value, limits: limits, depth: depth + 1))
    }
  }
}

/// How `tojson` lays its text out: the arguments of Python's `json.dumps`.
struct JSONLayout {
  var escapesNonASCII = false
  /// What one level is indented by; nil for one line.
  var indentation: [Unicode.Scalar]?
  var itemSeparator: Text
  var keySeparator: Text
  var sortsKeys = false
}

extension Renderer {
  /// The filter `tojson`.
  mutating func json(of value: Value, _ layout: JSONLayout) throws(JinjaError) -> Value {
    var result: [Unicode.Scalar] = []
    try write(value, layout, level: 0, to: &result)
    return try checked(Text(result))
  }

  private mutating func write(
    _ value: Value, _ layout: JSONLayout, level: Int, to result: inout [Unicode.Scalar]
  ) throws(JinjaError) {
    try spend()
    switch value {
    case .none: result += "null".unicodeScalars
    case .bool(let flag): result += (flag ? "true" : "false").unicodeScalars
    case .integer(let number): result += String(number).unicodeScalars
    case .float(let number): result += number.jsonDescription.unicodeScalars
    case .text(let text): try write(text, layout, to: &result)
    case .list(let list), .tuple(let list):
      try write(list.elements, between: "[", "]", layout, level, to: &result) {
        (renderer, element, result) throws(JinjaError) in
        try renderer.write(element, layout, level: level + 1, to: &result)
      }
    case .dictionary(let dictionary):
      let members = try members(of: dictionary, layout)
      try write(members, between: "{", "}", layout, level, to: &result) {
        (renderer, member, result) throws(JinjaError) in
        try renderer.write(renderer.jsonKey(member.key), layout, to: &result)
        try renderer.write(separator: layout.keySeparator, to: &result)
        try renderer.write(member.value, layout, level: level + 1, to: &result)
      }
    default: throw failure(value, "cannot be written as JSON")
    }
  }

  private mutating func write<Element>(
    _ elements: [Element], between opening: Unicode.Scalar, _ closing: Unicode.Scalar, _ layout: JSONLayout,
    _ level: Int, to result: inout [Unicode.Scalar],
    _ writeElement: (inout Renderer, Element, inout [Unicode.Scalar]) throws(JinjaError) -> Void
  ) throws(JinjaError) {
    result.append(opening)
    for (index, element) in elements.enumerated() {
      if index > 0 { try write(separator: layout.itemSeparator, to: &result) }
      try breakLine(layout, level + 1, &result)
      try writeElement(&self, element, &result)
    }
    if !elements.isEmpty { try breakLine(layout, level, &result) }
    result.append(closing)
  }

  private mutating func breakLine(
    _ layout: JSONLayout, _ level: Int, _ result: inout [Unicode.Scalar]
  ) throws(JinjaError) {
    guard let indentation = layout.indentation else { return }
    try spend(scalars: indentation.count * level)
    result.append("\n")
    for _ in 0..<level { result += indentation }
  }

  private mutating func write(separator: Text, to result: inout [Unicode.Scalar]) throws(JinjaError) {
    try spend(scalars: separator.count)
    result += separator.scalars
  }

  private mutating func members(
    of dictionary: ValueDictionary, _ layout: JSONLayout
  ) throws(JinjaError) -> [(key: Value, value: Value)] {
    let members = zip(dictionary.keys, dictionary.values).map { (key: $0, value: $1) }
    guard layout.sortsKeys else { return members }
    return try sorted(members) { (renderer, left, right) throws(JinjaError) in
      try renderer.compare(left.key, right.key) == .less
    }
  }

  /// A key as `json.dumps` writes it: numbers, truth values and None become texts.
  private mutating func jsonKey(_ key: Value) throws(JinjaError) -> Text {
    switch key {
    case .text(let text): return text
    case .none: return "null"
    case .bool(let flag): return flag ? "true" : "false"
    case .integer(let number): return Text(String(number))
    case .float(let number): return Text(number.jsonDescription)
    default: throw failure(key, "cannot be a key in JSON")
    }
  }

  private mutating func write(
    _ text: Text, _ layout: JSONLayout, to result: inout [Unicode.Scalar]
  ) throws(JinjaError) {
    try spend(scalars: text.count)
    result.append("\"")
    for scalar in text.scalars {
      switch scalar {
      case "\"", "\\": result += ["\\", scalar]
      case "\n": result += ["\\", "n"]
      case "\r": result += ["\\", "r"]
      case "\t": result += ["\\", "t"]
      case "\u{8}": result += ["\\", "b"]
      case "\u{C}": result += ["\\", "f"]
      default:
        if scalar.value < 0x20 || (layout.escapesNonASCII && scalar.value > 0x7E) {
          result += String(scalar).utf16.flatMap { Self.jsonEscape($0).unicodeScalars }
        } else {
          result.append(scalar)
        }
      }
    }
    result.append("\"")
  }

  private static func jsonEscape(_ unit: UInt16) -> String {
    let digits = String(unit, radix: 16)
    return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
  }
}

extension Double {
  /// The number as `json.dumps` writes it.
  fileprivate var jsonDescription: String {
    isFinite ? pythonDescription : isNaN ? "NaN" : self < 0 ? "-Infinity" : "Infinity"
  }
}

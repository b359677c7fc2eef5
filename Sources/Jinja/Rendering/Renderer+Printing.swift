// What values look like: Python's `str` and `repr`.

extension Renderer {
  /// Python's `str`: what `{{ value }}` prints.
  mutating func text(of value: Value) throws(JinjaError) -> Text {
    switch value {
    case .text(let text): return text
    case .undefined: return ""
    default: return Text(try representation(of: value))
    }
  }

  /// Python's `repr`, as texts inside of lists are printed.
  mutating func representation(of value: Value) throws(JinjaError) -> String {
    var result = ""
    try write(value, to: &result)
    return result
  }

  private mutating func write(_ value: Value, to result: inout String) throws(JinjaError) {
    try spend()
    switch value {
    case .undefined: result += "Undefined"
    case .none: result += "None"
    case .bool(let flag): result += flag ? "True" : "False"
    case .integer(let number): result += String(number)
    case .float(let number): result += number.pythonDescription
    case .text(let text):
      try spend(scalars: text.count)
      result += text.isSafe ? "Markup(\(text.quoted))" : text.quoted
    case .list(let list): try write(list.elements, between: "[", "]", to: &result)
    case .tuple(let list):
      try write(list.elements, between: "(", list.elements.count == 1 ? ",)" : ")", to: &result)
    case .range(let range):
      result += "range(\(range.start), \(range.stop)\(range.step == 1 ? "" : ", \(range.step)"))"
    case .dictionary(let dictionary): try write(dictionary, to: &result)
    case .view(let view):
      result += "dict_\(view.kind.rawValue)("
      try write(view.elements, between: "[", "]", to: &result)
      result += ")"
    case .iterator, .namespace, .macro, .function, .method, .loop:
      throw unsupported("printing a \(value.typeName), which shows an address in Python")
    }
  }

  private mutating func write(
    _ elements: [Value], between opening: String, _ closing: String, to result: inout String
  ) throws(JinjaError) {
    result += opening
    for (index, element) in elements.enumerated() {
      if index > 0 { result += ", " }
      try write(element, to: &result)
    }
    result += closing
  }

  private mutating func write(_ dictionary: ValueDictionary, to result: inout String) throws(JinjaError) {
    result += "{"
    for (index, (key, value)) in zip(dictionary.keys, dictionary.values).enumerated() {
      if index > 0 { result += ", " }
      try write(key, to: &result)
      result += ": "
      try write(value, to: &result)
    }
    result += "}"
  }
}

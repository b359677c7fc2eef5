// Filters that give texts.

extension Renderer {
  mutating func apply(
    textFilter filter: Filter, to value: Value, _ arguments: FilterArguments
  ) throws(JinjaError) -> Value {
    switch filter {
    case .join: return try join(value, arguments)
    case .tojson: return try json(of: value, layout(arguments))
    case .replace: return try replace(value, arguments)
    case .indent: return try indent(value, arguments)
    default: break
    }
    let text = try text(of: value)
    try spend(scalars: text.count)
    switch filter {
    case .capitalize: return try checked(text.capitalized)
    case .e, .escape: return try checked(text.escaped)
    case .lower: return try checked(text.lowercased)
    case .safe: return .text(Text(text.scalars, isSafe: true))
    case .title: return try checked(text.wordsCapitalized)
    case .trim: return try checked(text.stripped(of: optionalText(arguments[0], arguments.callee)))
    case .upper: return try checked(text.uppercased)
    default: return .text(text)  // string
    }
  }

  /// A text without its mark, as Python's `str` gives it.
  mutating func plainText(of value: Value) throws(JinjaError) -> Text { try text(of: value).plain }

  /// An argument that is a text, None or left out.
  func optionalText(_ value: Value?, _ callee: String) throws(JinjaError) -> Text? {
    value?.isNone == true ? nil : try text(value, callee)
  }

  private mutating func join(_ value: Value, _ arguments: FilterArguments) throws(JinjaError) -> Value {
    let separator = try plainText(of: arguments[0] ?? .text(""))
    let path = try attributePath(arguments[1])
    var result: [Unicode.Scalar] = []
    var isFirst = true
    let elements = try iterator(over: value)
    while let element = try elements.next(&self) {
      if !isFirst { result += separator.scalars }
      isFirst = false
      result += try text(of: member(path, of: element)).scalars
      try spend(scalars: separator.count)
      guard result.count <= limits.textLength else {
        throw .limit(line: line, .textLength(limits.textLength))
      }
    }
    return try checked(Text(result))
  }

  private mutating func replace(_ value: Value, _ arguments: FilterArguments) throws(JinjaError) -> Value {
    let old = try plainText(of: arguments[0] ?? .none)
    let new = try plainText(of: arguments[1] ?? .none)
    let limit = try arguments[2].flatMap { $0.isNone ? nil : $0 }.map { (count) throws(JinjaError) in
      try wholeNumber(count, arguments.callee) ?? -1
    }
    return try replaced(plainText(of: value), old, new, limit: limit ?? -1)
  }

  /// Python's `replace`; a negative limit is none.
  mutating func replaced(_ text: Text, _ old: Text, _ new: Text, limit: Int) throws(JinjaError) -> Value {
    let limit = limit < 0 ? Int.max : limit
    try spend(scalars: text.count)
    // The length is known before the text is made.
    let count = min(limit, text.count(of: old, in: text.scalars.indices))
    guard text.count + count * max(0, new.count - old.count) <= limits.textLength else {
      throw .limit(line: line, .textLength(limits.textLength))
    }
    return try checked(text.replacing(old, with: new, limit: limit))
  }

  /// Indents all lines but the first and, unless asked otherwise, empty ones.
  private mutating func indent(_ value: Value, _ arguments: FilterArguments) throws(JinjaError) -> Value {
    guard case .text(let text) = value else { throw failure(value, "cannot be indented; a str can") }
    var width = arguments[0] ?? .integer(4)
    if let count = width.wholeNumber { width = try combine(.text(" "), .multiply, .integer(count)) }
    guard case .text(let indentation) = width else { throw failure(width, "cannot be an indentation") }
    let ended = Text(text.scalars + ["\n"])
    let lines = ended.lines()
    try spend(scalars: text.count + lines.count * indentation.count)
    var result: [Unicode.Scalar] = arguments[1]?.isTrue == true ? indentation.scalars : []
    for (index, line) in lines.enumerated() {
      if index > 0 {
        result.append("\n")
        if !line.isEmpty || arguments[2]?.isTrue == true { result += indentation.scalars }
      }
      result += ended.scalars[line]
    }
    return try checked(text.replacing(result))
  }

  private mutating func layout(_ arguments: FilterArguments) throws(JinjaError) -> JSONLayout {
    var indentation: [Unicode.Scalar]?
    if let width = arguments[1], !width.isNone {
      if case .text(let text) = width {
        indentation = text.scalars
      } else {
        let count = try wholeNumber(width, arguments.callee) ?? 0
        guard count <= 1_000 else { throw .limit(line: line, .textLength(1_000)) }
        indentation = Array(repeating: " ", count: max(0, count))
      }
    }
    var layout = JSONLayout(
      escapesNonASCII: arguments[0]?.isTrue == true, indentation: indentation,
      itemSeparator: indentation == nil ? ", " : ",", keySeparator: ": ",
      sortsKeys: arguments[3]?.isTrue == true)
    if let separators = arguments[2], !separators.isNone {
      let pair = try elements(of: separators)
      guard pair.count == 2, case .text(let item) = pair[0], case .text(let key) = pair[1] else {
        throw failure("the separators of 'tojson' are two texts")
      }
      (layout.itemSeparator, layout.keySeparator) = (item, key)
    }
    return layout
  }
}

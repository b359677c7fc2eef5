// The methods of Python's str.

extension Renderer {
  /// `text.name(arguments)`
  mutating func call(_ name: String, of text: Text, _ arguments: CallArguments) throws(JinjaError) -> Value {
    try spend(scalars: text.count)
    if text.isSafe, Self.markupMethods.contains(name) {
      throw unsupported("'\(name)' of a text marked as safe")
    }
    switch name {
    case "format": return try checked(formatted(braces: text, arguments))
    case "strip", "lstrip", "rstrip", "removeprefix", "removesuffix", "replace", "zfill", "ljust", "rjust",
      "center":
      return try trimming(name, text, arguments)
    case "split", "rsplit", "splitlines", "partition", "rpartition":
      return try splitting(name, text, arguments)
    case "startswith", "endswith", "find", "rfind", "index", "rindex", "count":
      return try searching(name, text, arguments)
    case "join": return try joining(text, arguments)
    default: break
    }
    _ = try bind(arguments, to: [], callee(name))
    switch name {
    case "upper": return try checked(text.uppercased)
    case "lower": return try checked(text.lowercased)
    case "title": return try checked(text.titlecased)
    case "capitalize": return try checked(text.capitalized)
    case "isupper": return .bool(text.isUppercase)
    case "islower": return .bool(text.isLowercase)
    case "isspace": return .bool(holdsForAll(text, \.isSpace))
    case "isdigit": return .bool(holdsForAll(text, \.isDigit))
    case "isdecimal": return .bool(holdsForAll(text) { $0.decimalDigit != nil })
    case "isnumeric": return .bool(holdsForAll(text) { $0.properties.numericType != nil })
    case "isalpha": return .bool(holdsForAll(text, \.isLetter))
    case "isalnum": return .bool(holdsForAll(text) { $0.isLetter || $0.properties.numericType != nil })
    case "isascii": return .bool(text.scalars.allSatisfy(\.isASCII))
    default: throw unsupported(callee(name))
    }
  }

  /// Methods that do more to a text marked as safe than to another one.
  private static let markupMethods: Set<String> = [
    "center", "format", "join", "ljust", "partition", "removeprefix", "removesuffix", "replace", "rjust",
    "rpartition", "zfill",
  ]

  private func callee(_ name: String) -> String { "the method 'str.\(name)'" }

  private func holdsForAll(_ text: Text, _ holds: (Unicode.Scalar) -> Bool) -> Bool {
    !text.isEmpty && text.scalars.allSatisfy(holds)
  }

  private mutating func trimming(
    _ name: String, _ text: Text, _ arguments: CallArguments
  ) throws(JinjaError) -> Value {
    let callee = callee(name)
    switch name {
    case "strip", "lstrip", "rstrip":
      let characters = try optionalText(bind(arguments, to: [""], callee)[0], callee)
      try spend(characters?.count ?? 0)
      let ends: Text.Ends = name == "strip" ? .both : name == "lstrip" ? .left : .right
      return try checked(text.stripped(ends, of: characters))
    case "removeprefix", "removesuffix":
      let affix = try self.text(bind(arguments, to: [""], required: 1, callee)[0], callee) ?? ""
      if name == "removeprefix" {
        let hasAffix = text.scalars.starts(with: affix.scalars)
        return try checked(hasAffix ? Text(text.scalars.dropFirst(affix.count)) : text)
      }
      return try checked(
        text.scalars.hasSuffix(affix.scalars) ? Text(text.scalars.dropLast(affix.count)) : text)
    case "replace":
      let bound = try bind(arguments, to: ["", "", ""], required: 2, callee)
      let limit = try wholeNumber(bound[2], callee) ?? -1
      return try replaced(
        text, self.text(bound[0], callee) ?? "", self.text(bound[1], callee) ?? "", limit: limit)
    default: return try padding(name, text, arguments)
    }
  }

  private mutating func padding(
    _ name: String, _ text: Text, _ arguments: CallArguments
  ) throws(JinjaError) -> Value {
    let callee = callee(name)
    let bound = try bind(arguments, to: name == "zfill" ? [""] : ["", ""], required: 1, callee)
    let width = try wholeNumber(bound[0], callee) ?? 0
    let fill = name == "zfill" ? "0" : try self.text(bound[1], callee) ?? " "
    guard fill.count == 1 else { throw failure("\(callee) fills with one character") }
    guard width > text.count else { return .text(text.plain) }
    guard width <= limits.textLength else { throw .limit(line: line, .textLength(limits.textLength)) }
    let missing = width - text.count
    func fills(_ count: Int) -> [Unicode.Scalar] { Array(repeating: fill.scalars[0], count: count) }
    switch name {
    case "ljust": return try checked(Text(text.scalars + fills(missing)))
    case "rjust": return try checked(Text(fills(missing) + text.scalars))
    case "zfill":
      let hasSign = text.scalars.first == "+" || text.scalars.first == "-"
      return try checked(
        Text(text.scalars.prefix(hasSign ? 1 : 0) + fills(missing) + text.scalars.dropFirst(hasSign ? 1 : 0)))
    default:
      let left = missing / 2 + (missing & width & 1)
      return try checked(Text(fills(left) + text.scalars + fills(missing - left)))
    }
  }

  private mutating func splitting(
    _ name: String, _ text: Text, _ arguments: CallArguments
  ) throws(JinjaError) -> Value {
    let callee = callee(name)
    switch name {
    case "splitlines":
      let keepsEnds = try bind(arguments, to: ["keepends"], callee)[0]?.isTrue == true
      return try checked(pieces(text.lines(keepingEnds: keepsEnds), of: text))
    case "partition", "rpartition":
      let separator = try self.text(bind(arguments, to: [""], required: 1, callee)[0], callee) ?? ""
      guard !separator.isEmpty else { throw failure("\(callee) needs a separator that is not empty") }
      let isFromLeft = name == "partition"
      let ranges =
        isFromLeft ? text.split(at: separator, limit: 1) : text.splitFromRight(at: separator, limit: 1)
      let found = ranges.count == 2 ? [text[ranges[0]], separator, text[ranges[1]]] : nil
      let parts = found ?? (isFromLeft ? [text, "", ""] : ["", "", text])
      return try checked(parts.map(Value.text), isTuple: true)
    default:
      let bound = try bind(arguments, to: ["sep", "maxsplit"], callee)
      let maximum = try wholeNumber(bound[1], callee) ?? -1
      let limit = maximum < 0 ? Int.max : maximum
      let isFromLeft = name == "split"
      guard let separator = try optionalText(bound[0], callee) else {
        let words =
          isFromLeft ? text.splitAtWhitespace(limit: limit) : text.splitAtWhitespaceFromRight(limit: limit)
        return try checked(pieces(words, of: text))
      }
      guard !separator.isEmpty else { throw failure("\(callee) needs a separator that is not empty") }
      let ranges =
        isFromLeft
        ? text.split(at: separator, limit: limit) : text.splitFromRight(at: separator, limit: limit)
      return try checked(pieces(ranges, of: text))
    }
  }

  /// Copies of parts of a text. Each costs as much as a list that holds it, however short it is.
  private mutating func pieces(_ ranges: [Range<Int>], of text: Text) throws(JinjaError) -> [Value] {
    try spend(ranges.count * 4)
    return ranges.map { .text(text[$0]) }
  }

  private mutating func searching(
    _ name: String, _ text: Text, _ arguments: CallArguments
  ) throws(JinjaError) -> Value {
    let callee = callee(name)
    let bound = try bind(arguments, to: ["", "", ""], required: 1, callee)
    let range = try self.range(of: text, from: bound[1], to: bound[2], callee)
    if name == "startswith" || name == "endswith" {
      guard let range else { return .bool(false) }
      var affixes = [bound[0] ?? .none]
      if case .tuple(let list)? = bound[0] { affixes = list.elements }
      for affix in affixes {
        let affix = try self.text(affix, callee) ?? ""
        let part = text.scalars[range]
        if name == "startswith" ? part.starts(with: affix.scalars) : part.hasSuffix(affix.scalars) {
          return .bool(true)
        }
      }
      return .bool(false)
    }
    let part = try self.text(bound[0], callee) ?? ""
    try spend(scalars: part.count)
    if name == "count" { return .integer(range.map { text.count(of: part, in: $0) } ?? 0) }
    let pattern = TextPattern(part)
    let isFromLeft = name == "find" || name == "index"
    let position = range.flatMap {
      isFromLeft ? pattern.first(in: text.scalars, $0) : pattern.last(in: text.scalars, $0)
    }
    guard position != nil || name == "find" || name == "rfind" else {
      throw failure("\(callee) does not find its argument")
    }
    return .integer(position ?? -1)
  }

  /// Python's `text[start:end]` as a range; nil if it begins behind the text.
  private func range(
    of text: Text, from start: Value?, to end: Value?, _ callee: String
  ) throws(JinjaError) -> Range<Int>? {
    func clamped(_ bound: Value?, _ fallback: Int) throws(JinjaError) -> Int {
      guard let bound, !bound.isNone else { return fallback }
      let index = try wholeNumber(bound, callee) ?? 0
      return index < 0 ? max(0, max(index, -text.count) + text.count) : index
    }
    let lower = try clamped(start, 0)
    let upper = min(try clamped(end, text.count), text.count)
    return lower <= upper ? lower..<upper : nil
  }

  private mutating func joining(_ separator: Text, _ arguments: CallArguments) throws(JinjaError) -> Value {
    let callee = callee("join")
    let parts = try iterator(over: bind(arguments, to: [""], required: 1, callee)[0] ?? .none)
    var result: [Unicode.Scalar] = []
    var isFirst = true
    while let part = try parts.next(&self) {
      if !isFirst { result += separator.scalars }
      isFirst = false
      let part = try text(part, callee) ?? ""
      try spend(scalars: separator.count + part.count)
      guard !part.isSafe else { throw unsupported("'join' with texts marked as safe") }
      result += part.scalars
    }
    return try checked(Text(result))
  }
}

extension BidirectionalCollection where Element == Unicode.Scalar {
  fileprivate func hasSuffix(_ suffix: [Unicode.Scalar]) -> Bool {
    reversed().starts(with: suffix.reversed())
  }
}

extension Unicode.Scalar {
  fileprivate var isDigit: Bool { properties.numericType == .decimal || properties.numericType == .digit }

  fileprivate var isLetter: Bool {
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }
}

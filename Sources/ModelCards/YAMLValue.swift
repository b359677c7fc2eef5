// Values of YAML that people write into model cards: scalars on one line, lists in both styles. All else is unknown.

/// A value as far as it is plainly understood.
enum YAMLValue: Equatable {
  case value(FrontMatter.Value)
  /// Empty, or null.
  case nothing
  /// Nested, on several lines, with anchors or tags, or not well-formed.
  case unknown

  /// Entries of a list that are read.
  private static let entryLimit = 1000

  /// The value of a key.
  /// - Parameter block: What stands behind the colon, then the lines below.
  init(_ block: [String]) {
    let below = block.dropFirst().filter { !Self.isBlank($0) }
    let first = block.first.map { Self.isBlank($0) ? "" : $0.trimmed } ?? ""
    if first.isEmpty {
      self = below.isEmpty ? .nothing : Self.blockList(below)
    } else if !below.isEmpty {
      self = .unknown
    } else if first.hasPrefix("[") {
      self = Self.flowList(first)
    } else {
      var rest = Substring(first)
      let scalar = Self.scalar(&rest, until: [])
      self = scalar.map { $0.isNull ? .nothing : .value(.text($0.text)) } ?? .unknown
      if !Self.isBlank(rest) { self = .unknown }
    }
  }

  /// Whether nothing but space and a comment is there.
  private static func isBlank(_ line: some StringProtocol) -> Bool {
    let text = line.trimmed
    return text.isEmpty || text.hasPrefix("#")
  }

  private static func blockList(_ lines: [String]) -> YAMLValue {
    let indents = Set(lines.map { $0.prefix { $0 == " " }.count })
    guard indents.count == 1, lines.count <= entryLimit else { return .unknown }
    var texts: [String] = []
    for line in lines {
      var rest = Substring(line.trimmed)
      guard rest.hasPrefix("- ") else { return .unknown }
      rest = Substring(rest.dropFirst(2).trimmed)
      guard let entry = scalar(&rest, until: []), !entry.isNull, isBlank(rest) else { return .unknown }
      texts.append(entry.text)
    }
    return .value(.list(texts))
  }

  private static func flowList(_ text: String) -> YAMLValue {
    var rest = Substring(text.dropFirst().trimmed)
    var texts: [String] = []
    while let next = rest.first {
      if next == "]" {
        let isEnd = isBlank(rest.dropFirst())
        return isEnd ? (texts.isEmpty ? .nothing : .value(.list(texts))) : .unknown
      }
      guard texts.count < entryLimit, let entry = scalar(&rest, until: [",", "]"]), !entry.isNull else {
        return .unknown
      }
      texts.append(entry.text)
      rest = Substring(rest.trimmed)
      if rest.first == "," { rest = Substring(rest.dropFirst().trimmed) } else if rest.first != "]" { return .unknown }
    }
    return .unknown
  }

  /// Reads a scalar from the front of `rest`, a plain one up to one of `ends`; nil for what is none on one line.
  private static func scalar(_ rest: inout Substring, until ends: Set<Character>) -> (text: String, isNull: Bool)? {
    switch rest.first {
    case "\"": doubleQuoted(&rest).map { (text: $0, isNull: false) }
    case "'": singleQuoted(&rest).map { (text: $0, isNull: false) }
    default: plain(&rest, until: ends).map { (text: $0, isNull: ["", "~", "null", "Null", "NULL"].contains($0)) }
    }
  }

  private static func plain(_ rest: inout Substring, until ends: Set<Character>) -> String? {
    guard let first = rest.first, !"&*!|>%@`\"'{}[]?,#".contains(first), !rest.hasPrefix("- "), rest != "-" else {
      return nil
    }
    var text = "", previous: Character = " "
    while let character = rest.first, !ends.contains(character) {
      if character == "#", previous == " " || previous == "\t" { break }
      if character == ":", rest.dropFirst().first.map({ $0 == " " || $0 == "\t" }) ?? true { return nil }
      if !ends.isEmpty, "{}[".contains(character) { return nil }
      text.append(character)
      previous = character
      rest = rest.dropFirst()
    }
    return text.trimmed
  }

  private static func singleQuoted(_ rest: inout Substring) -> String? {
    var text = ""
    rest = rest.dropFirst()
    while let character = rest.first {
      rest = rest.dropFirst()
      guard character == "'" else {
        text.append(character)
        continue
      }
      guard rest.first == "'" else { return text }
      text.append("'")
      rest = rest.dropFirst()
    }
    return nil
  }

  private static func doubleQuoted(_ rest: inout Substring) -> String? {
    var text = ""
    rest = rest.dropFirst()
    while let character = rest.first {
      rest = rest.dropFirst()
      switch character {
      case "\"": return text
      case "\\":
        // Of the escapes only those that say what they mean by themselves.
        guard let escaped = rest.first, "\"\\/ ".contains(escaped) else { return nil }
        text.append(escaped)
        rest = rest.dropFirst()
      default: text.append(character)
      }
    }
    return nil
  }
}

// From a template's text to tokens, with the whitespace rules of transformers' environment: `trim_blocks` and
// `lstrip_blocks`. Follows jinja2 3.1.6, lexer.py; what there is one regular expression is one function here.

/// Cuts a template into tokens.
///
/// 1. Line breaks become `\n`, and one at the end of the template is dropped.
/// 2. `{%`, `{#` alone on the indentation of a line take the indentation away, unless written `{%+`.
/// 3. `%}`, `#}` take one line break behind them away, unless written `+%}`.
/// 4. `{%-`, `{{-`, `{#-` take all whitespace before them away, `-%}`, `-}}`, `-#}` all behind them.
struct TemplateLexer {
  let source: [Unicode.Scalar]
  var position = 0
  var line = 1
  private var tokens: [Token] = []
  /// Whether the text at `position` begins a line, as far as rule 2 goes.
  private var startsLine = true

  private init(_ source: [Unicode.Scalar]) { self.source = source }

  /// The tokens of a whole template, `end` last.
  static func tokens(of source: String, limit: Int) throws(JinjaError) -> [Token] {
    let scalars = withUnixLineBreaks(source)
    guard scalars.count <= limit else { throw .limit(line: 1, .sourceLength(limit)) }
    var lexer = TemplateLexer(scalars)
    try lexer.readTemplate()
    return lexer.tokens
  }

  private static func withUnixLineBreaks(_ source: String) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    var previous: Unicode.Scalar?
    for scalar in source.unicodeScalars {
      if scalar == "\r" {
        result.append("\n")
      } else if scalar != "\n" || previous != "\r" {
        result.append(scalar)
      }
      previous = scalar
    }
    if result.last == "\n" { result.removeLast() }
    return result
  }

  private mutating func readTemplate() throws(JinjaError) {
    while let tag = nextTag() {
      let isRaw = source[tag + 1] == "%" && rawBegin(at: tag) != nil
      readData(to: tag, stripsIndentation: source[tag + 1] != "{")
      if isRaw {
        try readRaw()
      } else if source[tag + 1] == "#" {
        try readComment()
      } else {
        try readTag()
      }
    }
    readData(to: source.count, stripsIndentation: false)
    emit(.end)
  }

  /// Where the next tag begins.
  private func nextTag() -> Int? {
    var index = position
    while index + 1 < source.count {
      if source[index] == "{",
        source[index + 1] == "%" || source[index + 1] == "{" || source[index + 1] == "#"
      {
        return index
      }
      index += 1
    }
    return nil
  }

  mutating func emit(_ kind: TokenKind) { tokens.append(Token(kind: kind, line: line)) }

  /// Moves behind `end`, counting lines.
  mutating func advance(to end: Int) {
    for index in position..<end where source[index] == "\n" { line += 1 }
    position = end
  }

  private mutating func readData(to end: Int, stripsIndentation: Bool) {
    var shown = position..<end
    let sign = end + 2 < source.count ? source[end + 2] : nil
    if end < source.count, sign == "-" {
      while let last = shown.last, source[last].isSpace { shown.removeLast() }
    } else if stripsIndentation, sign != "+" {
      let lineStart = (source[shown].lastIndex(of: "\n") ?? shown.lowerBound - 1) + 1
      let isWhole = lineStart > shown.lowerBound || startsLine
      if isWhole, source[lineStart..<end].allSatisfy(\.isSpace) { shown = shown.lowerBound..<lineStart }
    }
    if !shown.isEmpty { emit(.data(Text(source[shown]))) }
    advance(to: end)
  }

  private mutating func readComment() throws(JinjaError) {
    let start = hasSign(at: position + 2) ? position + 3 : position + 2
    var index = start
    while index + 1 < source.count {
      if source[index] == "#", source[index + 1] == "}" {
        return finishTag(at: index + 2, sign: index > start ? source[index - 1] : nil)
      }
      index += 1
    }
    throw .syntax(line: line, reason: "the comment is not closed; '#}' is missing")
  }

  /// The end of `{% raw %}` that begins at `start`, if one does.
  private func rawBegin(at start: Int) -> Int? {
    let end = tagEnd(naming: "raw", from: hasSign(at: start + 2) ? start + 3 : start + 2)
    guard let end else { return nil }
    return end.sign == "-" ? skippingSpace(end.index) : end.sign == nil ? end.index : nil
  }

  private mutating func readRaw() throws(JinjaError) {
    guard let begin = rawBegin(at: position) else { return }
    let startLine = line
    advance(to: begin)
    startsLine = source[begin - 1] == "\n"
    var index = position
    while index + 1 < source.count {
      if source[index] == "{", source[index + 1] == "%",
        let end = tagEnd(naming: "endraw", from: hasSign(at: index + 2) ? index + 3 : index + 2)
      {
        readData(to: index, stripsIndentation: true)
        return finishTag(at: end.index, sign: end.sign)
      }
      index += 1
    }
    throw .syntax(line: startLine, reason: "'{% raw %}' is not closed; '{% endraw %}' is missing")
  }

  /// Behind `name` and `%}` with whitespace around the name, and the sign before `%}`.
  private func tagEnd(naming name: String, from start: Int) -> (index: Int, sign: Unicode.Scalar?)? {
    let name = Array(name.unicodeScalars)
    let nameStart = skippingSpace(start)
    guard source[nameStart...].starts(with: name) else { return nil }
    let close = skippingSpace(nameStart + name.count)
    let isSigned = hasSign(at: close)
    guard source[(close + (isSigned ? 1 : 0))...].starts(with: ["%", "}"]) else { return nil }
    return (close + (isSigned ? 3 : 2), isSigned ? source[close] : nil)
  }

  private func skippingSpace(_ start: Int) -> Int {
    var index = start
    while index < source.count, source[index].isSpace { index += 1 }
    return index
  }

  private func hasSign(at index: Int) -> Bool {
    index < source.count && (source[index] == "-" || source[index] == "+")
  }

  /// Moves behind a tag and what it takes away behind itself. `end` is behind its `}`.
  private mutating func finishTag(at end: Int, sign: Unicode.Scalar?, trims: Bool = true) {
    var end = end
    if sign == "-" {
      end = skippingSpace(end)
    } else if trims, sign != "+", end < source.count, source[end] == "\n" {
      end += 1
    }
    advance(to: end)
    startsLine = source[end - 1] == "\n"
  }

  /// `{{ … }}` or `{% … %}`.
  private mutating func readTag() throws(JinjaError) {
    let isVariable = source[position + 1] == "{"
    let closing: [Unicode.Scalar] = isVariable ? ["}", "}"] : ["%", "}"]
    let startLine = line
    emit(isVariable ? .variableBegin : .blockBegin)
    advance(to: hasSign(at: position + 2) ? position + 3 : position + 2)
    var open: [Symbol] = []
    while true {
      if open.isEmpty {
        let isSigned =
          position < source.count && (source[position] == "-" || (!isVariable && source[position] == "+"))
        let close = isSigned ? position + 1 : position
        if source[close...].starts(with: closing) {
          emit(isVariable ? .variableEnd : .blockEnd)
          return finishTag(at: close + 2, sign: isSigned ? source[position] : nil, trims: !isVariable)
        }
      }
      guard position < source.count else {
        let name = isVariable ? "'{{'" : "'{%'"
        throw .syntax(line: startLine, reason: "\(name) is not closed")
      }
      if source[position].isSpace { advance(to: position + 1) } else { try readToken(&open) }
    }
  }
}

// The escapes of string literals, as Python's codec "unicode-escape" reads them.

/// What stands between the quotes of a literal.
struct StringLiteral {
  private let source: ArraySlice<Unicode.Scalar>
  private let line: Int

  init(_ source: ArraySlice<Unicode.Scalar>, line: Int) {
    self.source = source
    self.line = line
  }

  /// The text it stands for. A backslash before any other character stays where it is.
  /// - Throws: `JinjaError.syntax` for cut escapes, halves of surrogate pairs and `\N`.
  func unescaped() throws(JinjaError) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    var index = source.startIndex
    while index < source.endIndex {
      let scalar = source[index]
      index += 1
      if scalar == "\\", index < source.endIndex {
        result += try escape(&index)
      } else {
        result.append(scalar)
      }
    }
    return result
  }

  /// Reads what follows a backslash.
  private func escape(_ index: inout Int) throws(JinjaError) -> [Unicode.Scalar] {
    let letter = source[index]
    index += 1
    switch letter {
    case "\n": return []
    case "\\", "'", "\"": return [letter]
    case "a": return ["\u{7}"]
    case "b": return ["\u{8}"]
    case "f": return ["\u{C}"]
    case "n": return ["\n"]
    case "r": return ["\r"]
    case "t": return ["\t"]
    case "v": return ["\u{B}"]
    case "0"..."7":
      index -= 1
      return [try number(&index, radix: 8, digits: 1...3)]
    case "x": return [try number(&index, radix: 16, digits: 2...2)]
    case "u": return [try number(&index, radix: 16, digits: 4...4)]
    case "U": return [try number(&index, radix: 16, digits: 8...8)]
    case "N": throw .unsupported(line: line, construct: "the escape '\\N'")
    // jinja2 escapes what is not ASCII before it undoes escapes, so that this backslash escapes another one.
    case _ where !letter.isASCII: return Array(letter.backslashEscape.unicodeScalars)
    default: return ["\\", letter]
    }
  }

  private func number(_ index: inout Int, radix: Int, digits: ClosedRange<Int>) throws(JinjaError)
    -> Unicode.Scalar
  {
    var (value, count) = (0, 0)
    while count < digits.upperBound, index < source.endIndex, source[index].isASCII,
      let digit = Int(String(source[index]), radix: radix)
    {
      value = value * radix + digit
      count += 1
      index += 1
    }
    guard count >= digits.lowerBound, let scalar = UInt32(exactly: value).flatMap(Unicode.Scalar.init) else {
      throw .syntax(line: line, reason: "a string has an escape that is cut short or stands for no character")
    }
    return scalar
  }
}

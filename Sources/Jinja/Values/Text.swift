// Strings as Python has them: sequences of code points, compared code point by code point.

/// A Python `str`. A `String` would compare by canonical equivalence and count grapheme clusters.
struct Text: Hashable, Sendable, ExpressibleByStringLiteral {
  var scalars: [Unicode.Scalar]
  /// Whether it is marked as safe HTML: what is added to such a text is escaped, as markupsafe does.
  var isSafe = false

  init(_ scalars: some Sequence<Unicode.Scalar>, isSafe: Bool = false) {
    self.scalars = Array(scalars)
    self.isSafe = isSafe
  }

  init(_ string: String) { scalars = Array(string.unicodeScalars) }
  init(stringLiteral string: String) { self.init(string) }

  var count: Int { scalars.count }
  var isEmpty: Bool { scalars.isEmpty }

  var string: String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  /// The same text without the mark.
  var plain: Text { Text(scalars) }

  /// Other scalars with the same mark.
  func replacing(_ scalars: some Sequence<Unicode.Scalar>) -> Text { Text(scalars, isSafe: isSafe) }

  static func == (left: Text, right: Text) -> Bool { left.scalars == right.scalars }
  func hash(into hasher: inout Hasher) { hasher.combine(scalars) }

  static func < (left: Text, right: Text) -> Bool { left.scalars.lexicographicallyPrecedes(right.scalars) }

  static func + (left: Text, right: Text) -> Text {
    guard left.isSafe != right.isSafe else { return Text(left.scalars + right.scalars, isSafe: left.isSafe) }
    return Text(left.escaped.scalars + right.escaped.scalars, isSafe: true)
  }

  /// The text with HTML's special characters escaped, marked safe; itself if it is marked already.
  var escaped: Text {
    guard !isSafe else { return self }
    var result: [Unicode.Scalar] = []
    for scalar in scalars {
      switch scalar {
      case "&": result += "&amp;".unicodeScalars
      case "<": result += "&lt;".unicodeScalars
      case ">": result += "&gt;".unicodeScalars
      case "'": result += "&#39;".unicodeScalars
      case "\"": result += "&#34;".unicodeScalars
      default: result.append(scalar)
      }
    }
    return Text(result, isSafe: true)
  }

  /// The text as a Python literal, as `repr` writes it: on one line, in single quotes if possible.
  var quoted: String {
    let quote: Unicode.Scalar = scalars.contains("'") && !scalars.contains("\"") ? "\"" : "'"
    var result = String.UnicodeScalarView([quote])
    for scalar in scalars {
      switch scalar {
      case quote, "\\": result += ["\\", scalar]
      case "\n": result += "\\n".unicodeScalars
      case "\r": result += "\\r".unicodeScalars
      case "\t": result += "\\t".unicodeScalars
      default:
        if scalar.isPrintable {
          result.append(scalar)
        } else {
          result += scalar.backslashEscape.unicodeScalars
        }
      }
    }
    result.append(quote)
    return String(result)
  }

  /// The text as a literal, cut where it is too long for an error.
  var excerpt: String { count > 200 ? Text(scalars.prefix(200)).quoted + "…" : quoted }
}

extension Unicode.Scalar {
  /// Whether Python's `str.isspace` holds.
  var isSpace: Bool {
    value < 0x80
      ? value == 0x20 || (0x09...0x0D).contains(value) || (0x1C...0x1F).contains(value)
      : properties.isWhitespace
  }

  /// Whether Python's `str.isprintable` holds.
  var isPrintable: Bool {
    if (0x20...0x7E).contains(value) { return true }
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
      .spaceSeparator:
      return false
    default: return true
    }
  }

  /// `\x7f`, `\u2028` or `\U0001f600`, the shortest that fits.
  var backslashEscape: String {
    let (letter, width) = value < 0x100 ? ("x", 2) : value < 0x10000 ? ("u", 4) : ("U", 8)
    let digits = String(value, radix: 16)
    return "\\" + letter + String(repeating: "0", count: width - digits.count) + digits
  }
}

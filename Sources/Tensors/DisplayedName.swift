// Names of tensors and files come from strangers: they are escaped before they reach a terminal or a log.

extension String {
  /// The text on one line and safe to print: control, line separator and bidirectional formatting characters are
  /// written as `\u{1b}`, and what exceeds 200 scalars is cut.
  public var displayed: String {
    let limit = 200
    var result = ""
    for (index, scalar) in unicodeScalars.enumerated() {
      guard index < limit else { return result + "…" }
      if scalar.isUnsafeToPrint {
        result += "\\u{" + String(scalar.value, radix: 16) + "}"
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

extension Unicode.Scalar {
  /// Whether a terminal may act on it instead of showing it: controls, invisible and bidirectional formatting characters.
  public var isUnsafeToPrint: Bool {
    switch value {
    case 0...0x1F, 0x7F...0x9F: true  // C0, DEL, C1
    case 0x61C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF: true  // invisible, separators, bidi
    default: false
    }
  }
}

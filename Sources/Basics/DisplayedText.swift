// Names of tensors and files come from strangers: they are escaped before they reach a terminal or a log.

extension String {
  /// The text on one line and safe to print: control, line separator, invisible and bidirectional formatting characters
  /// are written as `\u{1b}`.
  public var escaped: String { escaping(where: \.isUnsafeToPrint) }

  /// The same, cut after 200 scalars: for names inside messages.
  public var displayed: String {
    let shown = unicodeScalars.prefix(200)
    return shown.endIndex == unicodeScalars.endIndex ? escaped : String(shown).escaped + "…"
  }

  /// The text with an escape for each scalar that `isUnsafe`, `\u{1b}` unless `escape` says otherwise.
  public func escaping(
    as escape: (Unicode.Scalar) -> String = { "\\u{" + String($0.value, radix: 16) + "}" },
    where isUnsafe: (Unicode.Scalar) -> Bool
  ) -> String {
    guard unicodeScalars.contains(where: isUnsafe) else { return self }
    var result = ""
    for scalar in unicodeScalars {
      if isUnsafe(scalar) {
        result += escape(scalar)
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
    case 0x61C, 0x200B...0x200F, 0x2060...0x2065, 0xFEFF: true  // invisible, or directions of what is beside them
    default: drivesTerminal
    }
  }

  /// Whether it drives a terminal also in running text, where joiners and direction marks have their use: controls, and
  /// what turns the direction of all that follows.
  public var drivesTerminal: Bool {
    switch value {
    case 0...0x1F, 0x7F...0x9F: true  // C0, DEL, C1
    case 0x2028...0x202E, 0x2066...0x2069: true  // separators, bidi
    default: false
    }
  }
}

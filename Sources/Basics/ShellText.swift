// Commands that a user is told to type: whatever a path looks like, they can be pasted.

extension String {
  /// The text as one word of a shell's: as it is, in single quotes, or in `$'…'` if it holds what a terminal would act on
  /// (bash, zsh and ksh read that).
  public var shellWord: String {
    guard !unicodeScalars.contains(where: \.isUnsafeToPrint) else { return "$'\(escapedForShell)'" }
    let isPlain = utf8.allSatisfy { byte in
      byte > 0x20 && byte < 0x7F && !#""'\$`*?[](){}<>|&;#~!"#.utf8.contains(byte)
    }
    return isPlain && !isEmpty ? self : "'" + replacing("'", with: #"'\''"#) + "'"
  }

  /// The same of a path, which is not to be taken for an option.
  public var shellPath: String { (hasPrefix("-") ? "./" + self : self).shellWord }

  /// With `\x1b` for each byte of what must not be printed.
  private var escapedForShell: String {
    unicodeScalars.map { scalar in
      if scalar == "\\" || scalar == "'" { return "\\\(scalar)" }
      guard scalar.isUnsafeToPrint else { return String(scalar) }
      return String(scalar).utf8.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }.joined()
  }
}

extension StyledText {
  /// A command of these words, which are as a shell reads them. Where it is too long for a line, it goes on behind a
  /// backslash.
  public static func command(_ words: [String]) -> StyledText {
    words.dropFirst().reduce(StyledText(words.first ?? "", .verbatim)) { command, word in
      command + StyledText(" ", .betweenArguments) + StyledText(word, .verbatim)
    }
  }

  /// A command of these words.
  public static func command(_ words: String...) -> StyledText { command(words) }
}

// Lines that are wider than where they are shown.

extension StyledText {
  /// How many columns it takes, if every character takes one.
  public var width: Int { parts.reduce(0) { $0 + $1.text.count } }

  /// The text in lines of at most `columns` columns, broken at spaces; all but the first are indented by two columns more
  /// than that. A word that is wider stays whole, since it is a name or an address that people copy.
  public func broken(columns: Int) -> [StyledText] {
    guard width > columns else { return [self] }
    let words = words
    guard var line = words.first.map({ $0.space + $0.text }) else { return [self] }
    let indentation = String(repeating: " ", count: min((words.first?.space.width ?? 0) + 2, columns / 2))
    var lines: [StyledText] = []
    for (index, word) in words.enumerated().dropFirst() {
      let mark: StyledText = word.isArgument ? " \\" : ""
      let isFollowedByArgument = index + 1 < words.count && words[index + 1].isArgument
      let needed = line.width + word.space.width + word.text.width + (isFollowedByArgument ? 2 : 0)
      if needed <= columns {
        line = line + word.space + word.text
      } else {
        lines.append(line + mark)
        line = StyledText(indentation) + word.text
      }
    }
    return lines + [line]
  }

  /// What no line break may tear, with the spaces in front of it.
  private struct Word {
    var space: StyledText = ""
    var text: StyledText = ""
    /// Whether it belongs to the same command as the word before.
    var isArgument = false
  }

  private var words: [Word] {
    var words = [Word()]
    for part in parts {
      guard part.role != .verbatim else {
        words[words.count - 1].text.append(StyledText(part.text, part.role))
        continue
      }
      for character in part.text {
        let piece = StyledText(String(character), part.role)
        if character == " " {
          if !words[words.count - 1].text.parts.isEmpty { words.append(Word()) }
          words[words.count - 1].space.append(piece)
          words[words.count - 1].isArgument = part.role == .betweenArguments
        } else {
          words[words.count - 1].text.append(piece)
        }
      }
    }
    return words
  }
}

// The only thing the standard streams print: text that a terminal shows and does not act on.
import Basics
import JSON

/// Text without control characters but our own line ends, tabs and cursor movements.
///
/// Strings of files, configs, arguments and paths become lines here, whatever way they came. What is in them that a
/// terminal would act on, a line break too, becomes an escape such as `\u{1b}`; so no string can draw a line of its own.
/// `displayed` is for names inside a line, which it also cuts; it leaves nothing to escape. Roles are not characters: no
/// string can give itself one.
struct SafeText {
  /// Nothing in its characters is left to escape but what is meant.
  private let text: StyledText
  /// Lines for people, which may be broken where there is no room for them.
  private let lines: [StyledText]

  private init(safe text: StyledText, lines: [StyledText] = []) {
    self.text = text
    self.lines = lines
  }

  /// A line, with its end.
  init(line: StyledText) { self.init(lines: [line]) }

  /// Lines, each with its end.
  init(lines: [StyledText]) { self.init(safe: "", lines: lines.map { $0.mapped(\.escaped) }) }

  /// A part of a line.
  init(part: String) { self.init(safe: StyledText(part.escaped)) }

  /// Text whose line breaks and tabs are meant: help and usage, scripts for shells. It ends in a line break.
  init(document: StyledText) {
    let safe = document.mapped { $0.escaping(where: { $0.isUnsafeToPrint && $0 != "\n" && $0 != "\t" }) }
    self.init(safe: safe.parts.last?.text.hasSuffix("\n") == true ? safe : safe + "\n")
  }

  /// What a model says or a file holds, for a person's eyes: line breaks, tabs, joiners and direction marks stay.
  init(content: String) {
    self.init(safe: StyledText(content.escaping(where: { $0.drivesTerminal && $0 != "\n" && $0 != "\t" })))
  }

  /// JSON over several lines. Its own escapes stand for what a terminal would act on; the writer has escaped what lies
  /// below U+0020 itself, so that those left are its own line breaks.
  init(json: JSONValue) throws(JSONError) {
    let json = String(decoding: try json.serialized(.pretty), as: UTF8.self)
    self.init(
      safe: StyledText(json.escaping(as: Self.jsonEscape, where: { $0.isUnsafeToPrint && $0 != "\n" }) + "\n"))
  }

  /// `\u001b`. All that is escaped lies below U+10000.
  private static func jsonEscape(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16)
    return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
  }

  /// Back to the beginning of the line, which becomes empty.
  static let clearedLine = SafeText(safe: "\r\u{1B}[K")
  /// Nothing.
  static let empty = SafeText(safe: "")

  /// The text as it may be printed: plain, or with what makes a terminal show roles; lines for people in at most so many
  /// columns.
  func rendered(inColor: Bool, columns: Int?) -> String {
    let fitting = columns.map { columns in lines.flatMap { $0.broken(columns: columns) } } ?? lines
    let whole = fitting.reduce(into: text) { whole, line in
      whole.append(line)
      whole.append("\n")
    }
    return whole.parts.map { part in
      guard inColor, let role = part.role else { return part.text }
      return TerminalColor.shown(part.text, as: role)
    }.joined()
  }
}

// Colour on terminals: who gets it, and which colour a role has. Nothing else knows escape codes for it.
import Basics
import Glibc

enum TerminalColor {
  /// Whether a stream that is a terminal gets colour: unless the user says no (`--no-color`, NO_COLOR that is not empty,
  /// https://no-color.org), a program reads along (`--json`), or the terminal has none.
  ///
  /// Asked of the arguments as they stand, since it also concerns what the parser says of arguments that it cannot read.
  static func isWelcome(arguments: [String], environment: (String) -> String?) -> Bool {
    let options = arguments.prefix { $0 != "--" }
    guard !options.contains("--no-color"), !options.contains("--json") else { return false }
    guard (environment("NO_COLOR") ?? "").isEmpty else { return false }
    return !["", "dumb"].contains(environment("TERM") ?? "")
  }

  private static let isWelcomeHere = isWelcome(arguments: CommandLine.arguments) { name in
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }

  /// Whether the file descriptor `stream` gets colour.
  static func isUsed(on stream: Int32) -> Bool { isWelcomeHere && isatty(stream) == 1 }

  /// `text` between the codes that show `role`, if it has a colour.
  static func shown(_ text: String, as role: TextRole) -> String {
    code(role).map { "\u{1B}[\($0)m\(text)\u{1B}[0m" } ?? text
  }

  /// Bold red, since red alone is hard to read on black; green; yellow.
  private static func code(_ role: TextRole) -> String? {
    switch role {
    case .bad: "1;31"
    case .good: "32"
    case .warning: "33"
    case .verbatim, .betweenArguments: nil
    }
  }
}

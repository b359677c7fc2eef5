// Options of every command that prints.
import ArgumentParser
import Basics
import JSON

struct OutputOptions: ParsableArguments {
  @Flag(help: "Print one JSON object instead of text.")
  var json = false

  @Flag(name: .shortAndLong, help: "No progress on standard error.")
  var quiet = false

  /// `TerminalColor` looks for it itself.
  @Flag(help: "No colour on a terminal (also with NO_COLOR set).")
  var noColor = false

  /// Prints the result: the lines, or the JSON object.
  /// - Throws: `StorageError.failed` if it cannot be written.
  func print(_ value: JSONValue, lines: () -> [String]) throws {
    try print(value, styled: lines().map { StyledText($0) })
  }

  /// The same of lines with roles.
  func print(_ value: JSONValue, styled lines: @autoclosure () -> [StyledText]) throws {
    try StandardOutput.write(json ? SafeText(json: value) : SafeText(lines: lines()))
  }
}

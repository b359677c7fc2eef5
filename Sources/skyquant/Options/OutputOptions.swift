// Options of every command that prints.
import ArgumentParser
import JSON

struct OutputOptions: ParsableArguments {
  @Flag(help: "Print one JSON object instead of text.")
  var json = false

  @Flag(name: .shortAndLong, help: "No progress on standard error.")
  var quiet = false

  @Flag(help: "No colour (also with NO_COLOR set).")
  var noColor = false

  /// Prints the result: the text, or the JSON object.
  func print(_ value: JSONValue, text: () -> String) throws {
    let output = json ? String(decoding: try value.serialized(.pretty), as: UTF8.self) : text()
    StandardOutput.write(output.hasSuffix("\n") ? output : output + "\n")
  }
}

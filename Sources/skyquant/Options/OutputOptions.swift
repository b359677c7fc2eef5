// Options of every command that prints.
import ArgumentParser
import JSON
import Tensors

struct OutputOptions: ParsableArguments {
  @Flag(help: "Print one JSON object instead of text.")
  var json = false

  @Flag(name: .shortAndLong, help: "No progress on standard error.")
  var quiet = false

  @Flag(help: "No colour (also with NO_COLOR set).")
  var noColor = false

  /// Prints the result: the text, or the JSON object.
  func print(_ value: JSONValue, text: () -> String) throws {
    let output = json ? safeToPrint(String(decoding: try value.serialized(.pretty), as: UTF8.self)) : text()
    StandardOutput.write(output.hasSuffix("\n") ? output : output + "\n")
  }

  /// The same JSON with an escape for each character that a terminal would act on. The writer escapes controls below
  /// U+0020 itself, so that those left are its own newlines.
  private func safeToPrint(_ json: String) -> String {
    guard json.unicodeScalars.contains(where: { $0.isUnsafeToPrint && $0 != "\n" }) else { return json }
    return json.unicodeScalars.map { scalar in
      guard scalar.isUnsafeToPrint, scalar != "\n" else { return String(scalar) }
      let digits = String(scalar.value, radix: 16)  // all of them lie below U+10000
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }.joined()
  }
}

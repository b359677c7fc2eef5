// No string of a file, wherever a command prints it, drives the terminal or draws a line of its own.
import Foundation
import SampleModel
import Testing
import TestSupport

@Suite struct TerminalTests {
  /// Colours, a cleared screen, a window title, an 8-bit control sequence, a turned direction, line breaks, and an
  /// invisible character.
  private static let hostile =
    "\u{1B}[31mX\u{1B}[2J\u{1B}]0;t\u{7}\u{9B}2J\u{202E}\r\nerror: forged\u{2028}\u{200B}\u{7F}"
  private let folder: TemporaryDirectory
  private let model: String

  init() throws {
    folder = try TemporaryDirectory()
    model = try folder.modelCopy(replacing: "", with: "")
  }

  /// Expects printable text, of which an error is one line.
  private func expectHarmless(_ result: CommandResult, _ what: String) {
    for text in [result.output, result.errors] {
      let scalars = text.unicodeScalars.filter {
        switch $0.value {
        case 0x0A: false
        case 0...0x1F, 0x7F...0x9F, 0x61C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF: true
        default: false
        }
      }
      #expect(scalars.isEmpty, "\(what)")
    }
    let lines = (result.output + result.errors).split(separator: "\n")
    #expect(!lines.contains { $0.hasPrefix("error: forged") }, "\(what)")
    #expect([0, 1].contains(result.exitCode) || result.errors.split(separator: "\n").count == 1, "\(what)")
  }

  /// The paths of all strings, numbers and other values that hold no further ones.
  private func leaves(of value: Any, _ path: [Any] = []) -> [[Any]] {
    switch value {
    case let object as [String: Any]: object.flatMap { leaves(of: $0.value, path + [$0.key]) }
    case let list as [Any]: list.enumerated().flatMap { leaves(of: $0.element, path + [$0.offset]) }
    default: [path]
    }
  }

  private func replacing(_ path: ArraySlice<Any>, in value: Any) -> Any {
    switch (value, path.first) {
    case (var object as [String: Any], let key as String):
      object[key] = object[key].map { replacing(path.dropFirst(), in: $0) }
      return object
    case (var list as [Any], let index as Int):
      list[index] = replacing(path.dropFirst(), in: list[index])
      return list
    default: return Self.hostile
    }
  }

  private func document(_ name: String) throws -> Any {
    try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: model + "/" + name)))
  }

  @Test(arguments: ["config.json", "tokenizer_config.json", "generation_config.json"])
  func aStringInPlaceOfAnyValueIsPrintedWithoutDrivingTheTerminal(name: String) throws {
    let original = try document(name)
    let paths = leaves(of: original)
    #expect(paths.count >= (name == "config.json" ? 50 : 3))
    for path in paths {
      let file = URL(fileURLWithPath: model + "/" + name)
      try JSONSerialization.data(withJSONObject: replacing(path[...], in: original)).write(to: file)
      for command in [
        ["inspect", model], ["inspect", model, "--json"], ["run", model, "--question", "2 + 2?", "--max-tokens", "1"],
        ["doctor", model, "--headers-only"],
      ] {
        let result = try skyquant(arguments: command)
        expectHarmless(result, "\(path) \(command[0])")
        if result.exitCode == 0, command.contains("--json") {
          _ = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
        }
      }
    }
  }

  @Test func aReplacedKeyIsPrintedWithoutDrivingTheTerminal() throws {
    var config = try #require(try document("config.json") as? [String: Any])
    config["quantization_config"] = ["quant_method": Self.hostile, "version": Self.hostile, "bits": 4]
    config["llm_config"] = ["model_type": "qwen2", "rope_scaling": ["type": Self.hostile]]
    let file = URL(fileURLWithPath: model + "/config.json")
    try JSONSerialization.data(withJSONObject: config).write(to: file)
    expectHarmless(try skyquant("inspect", model), "inspect")
    expectHarmless(try skyquant("doctor", model), "doctor")
    try Data("{\"\(#"\u001b[31m\u0000"#)\": 1, \"\(#"\u001b[31m\u0000"#)\": 2}".utf8).write(to: file)
    expectHarmless(try skyquant("inspect", model), "a duplicate key")
  }

  @Test func pathsAndArgumentsArePrintedWithoutDrivingTheTerminal() throws {
    let moved = folder.path("a\u{1B}[31m\u{202E}\nerror: forged")
    try FileManager.default.moveItem(atPath: model, toPath: moved)
    let questions = try folder.write(#"{"question": "q", "image": "\u001b[31m.png"}"#, to: "q.jsonl")
    let commands = [
      ["inspect", moved], ["check", moved], ["doctor", moved], ["diff", moved, moved],
      ["pack", moved, folder.path("b\u{1B}[0m.skyq"), "--quiet"], ["inspect", moved + "\u{7}"],
      ["inspect", moved, "--tensors", "\u{1B}"], ["run", moved, "--question", "q", "--template", "\u{1B}[1m\n"],
      ["quantize", moved, "--calibration", questions, "--out", folder.path("out"), "--quiet"],
      ["quantize", moved, "--method", "rtn", "--out", folder.path("o\u{9B}31mut"), "--quiet"],
    ]
    for command in commands { expectHarmless(try skyquant(arguments: command), "\(command[0])") }
    let usage = try skyquant("inspect", moved, "--no-such-\u{1B}[31moption")
    #expect(usage.exitCode == 64 && usage.errors.contains(#"\u{1b}[31moption"#) && !usage.errors.contains("\u{1B}"))
  }

  /// The sample with a token of its vocabulary exchanged for the escape character.
  private func modelThatSaysEscape() throws -> String {
    var tokenizer = try #require(try document("tokenizer.json") as? [String: Any])
    var inner = try #require(tokenizer["model"] as? [String: Any])
    var tokens = try #require(inner["vocab"] as? [String: Int])
    // U+001B is spelled U+011B in the byte alphabet.
    (tokens["4"], tokens["\u{11B}"]) = (tokens["\u{11B}"], tokens["4"])
    inner["vocab"] = tokens
    tokenizer["model"] = inner
    try JSONSerialization.data(withJSONObject: tokenizer)
      .write(to: URL(fileURLWithPath: model + "/tokenizer.json"))
    return model
  }

  @Test func anAnswerDrivesNoTerminalAndIsPipedByteForByte() throws {
    let model = try modelThatSaysEscape()
    let image = try SampleModel().directory + "/evaluation/images/0007.png"
    let question = "What is the sum of the two digits?"
    let piped = try skyquant("run", model, "--image", image, "--question", question).output
    #expect(piped.hasSuffix("= \u{1B}\n</think>\n\u{1B}\n"))
    let shown = try skyquantOnTerminal("run", model, "--image", image, "--question", question)
    #expect(shown == piped.replacing("\u{1B}", with: #"\u{1b}"#))
    let json = try skyquant("run", model, "--image", image, "--question", question, "--json").output
    #expect(!json.contains("\u{1B}") && json.contains(#"\u001b"#))
  }

  @Test func anExtractedFileDrivesNoTerminalAndIsPipedByteForByte() throws {
    let text = "# Title\n\ttab \u{1B}[31mred \u{9B}0m می\u{200C}خواهم\n"
    try text.write(toFile: model + "/README.md", atomically: false, encoding: .utf8)
    let packed = folder.path("model.skyq")
    expectSuccess(try skyquant("pack", model, packed, "--quiet"))
    #expect(try skyquant("extract", packed, "--file", "README.md").output == text)
    let shown = try skyquantOnTerminal("extract", packed, "--file", "README.md")
    #expect(shown.contains(#"\u{1b}[31mred \u{9b}0m می"# + "\u{200C}خواهم") && !shown.contains("\u{1B}"))
  }
}

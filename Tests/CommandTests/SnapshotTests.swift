// Help, summaries and errors, as whole texts at 80 columns.
import Foundation
import SampleModel
import Testing
import TestSupport

@Suite struct SnapshotTests {
  private static let commands = [
    "inspect", "plan", "quantize", "pack", "check", "diff", "extract", "import", "export", "doctor", "verify",
    "evaluate",
    "run",
  ]

  @Test(arguments: [[]] + commands.map { [$0] }) func `help is the text that was agreed on`(command: [String]) throws {
    let help = try skyquant(arguments: command + ["--help"], environment: ["COLUMNS": "80"])
    #expect(help.exitCode == 0 && help.errors.isEmpty)
    let tooLong = help.output.split(separator: "\n").filter { $0.count > 80 }
    #expect(tooLong.isEmpty, "wider than 80 columns: \(tooLong)")
    let examples = help.output.firstMatch(of: /(?s)\nExamples?:\n(.*?)\n\n/)?.1 ?? ""
    #expect(examples.isEmpty == command.isEmpty)
    for line in examples.split(separator: "\n") {
      #expect(line.hasPrefix("  skyquant ") || line.hasPrefix("    --"), "an example is broken: \(line)")
    }
    try Snapshot(name: (["help"] + command).joined(separator: "-")).expect(help.output)
  }

  @Test func `there is a text of the help of every command`() throws {
    let help = try skyquant(arguments: ["--help"], environment: ["COLUMNS": "80"]).output
    let list = help.components(separatedBy: "SUBCOMMANDS:\n").last?.components(separatedBy: "\n\n").first ?? ""
    let names = list.matches(of: /(?m)^  ([a-z]+)/).map { String($0.1) }
    #expect(names == Self.commands)
  }

  /// What is typed for each text, one after the other, where the sample's directories are.
  private static let summaries = [
    ("plan", ["plan tiny-r1v --calibration calibration/questions.jsonl --samples 16 --out tiny-r1v-awq"]),
    ("quantize", ["quantize tiny-r1v --calibration calibration/questions.jsonl --samples 16 --out tiny-r1v-awq"]),
    ("pack", ["pack tiny-r1v-awq tiny-r1v.skyq"]),
    ("inspect", ["inspect tiny-r1v", "inspect tiny-r1v.skyq", "inspect tiny-r1v.skyq --tensors layers.0.mlp"]),
    ("check", ["check tiny-r1v.skyq", "check tiny-r1v.skyq --full --subset 1/7", "check tiny-r1v --full"]),
    ("diff", ["diff tiny-r1v-awq tiny-r1v.skyq", "diff tiny-r1v tiny-r1v-awq"]),
    ("extract", ["extract tiny-r1v.skyq", "extract tiny-r1v.skyq --file generation_config.json"]),
    ("import", ["import tiny-r1v-awq imported.skyq"]),
    ("export", ["export tiny-r1v.skyq --out back", "export tiny-r1v-awq --to compressed-tensors --out tiny-r1v-ct"]),
    ("doctor", ["doctor tiny-r1v-awq", "doctor tiny-r1v"]),
    (
      "verify",
      [
        "verify tiny-r1v.skyq --reference tiny-r1v --questions evaluation/questions.jsonl --samples 20 "
          + "--max-mean-kl 0.05 --min-top1 1"
      ]
    ),
    (
      "evaluate",
      [
        "evaluate tiny-r1v-awq --reference tiny-r1v --benchmark evaluation/questions.jsonl --limit 20 --max-tokens 48",
        "evaluate tiny-r1v-awq --benchmark evaluation/questions.jsonl --limit 4 --max-tokens 48",
      ]
    ),
    ("run", ["run tiny-r1v-awq --questions evaluation/questions.jsonl --samples 2"]),
  ]

  @Test func `what each command tells is the text that was agreed on`() throws {
    let folder = try TemporaryDirectory()
    let sample = try SampleModel()
    for name in ["tiny-r1v", "calibration", "evaluation"] {
      try FileManager.default.copyItem(atPath: sample.directory + "/" + name, toPath: folder.path(name))
    }
    for (name, commands) in Self.summaries {
      var transcript = Transcript(in: folder.path)
      for command in commands { try transcript.type("skyquant " + command) }
      try Snapshot(name: name).expect(transcript.text)
    }
  }

  /// Mistakes and damage that users meet, each with the line that says what is wrong and what to do.
  @Test func `errors are the lines that were agreed on`() throws {
    let scene = try BrokenScene()
    var transcript = Transcript(in: scene.folder.path)
    for line in BrokenScene.lines { try transcript.type("skyquant " + line) }
    try Snapshot(name: "errors").expect(transcript.text)
    #expect(try scene.folder.names() == scene.names, "an error leaves nothing behind")
  }
}

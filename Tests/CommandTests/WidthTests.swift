// What terminals of 80 and 120 columns show, and commands that can be pasted from them.
import Foundation
import SampleModel
import Testing
import TestSupport

@Suite struct WidthTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel
  private let model: String
  private let questions: String

  /// The sample plainly rounded, as a directory and as a file, both with names that a shell would take apart.
  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
    model = sample.modelDirectory
    questions = sample.directory + "/evaluation/questions.jsonl"
    expectSuccess(try skyquant("quantize", model, "--method", "rtn", "--out", folder.path("my awq")))
    expectSuccess(try skyquant("pack", folder.path("my awq"), folder.path("it's.skyq")))
  }

  private var commands: [[String]] {
    let (awq, packed) = (folder.path("my awq"), folder.path("it's.skyq"))
    return [
      ["inspect", model], ["inspect", packed], ["inspect", packed, "--tensors", "*"], ["inspect", awq, "--provenance"],
      ["check", packed, "--full"], ["check", model, "--full"], ["check", folder.path("nothing")], ["doctor", awq],
      ["diff", model, packed], ["diff", model, packed, "--all"], ["extract", packed],
      ["export", packed, "--to", "compressed-tensors", "--out", folder.path("ct"), "--force"],
      ["import", awq, folder.path("other.skyq"), "--force"],
      ["quantize", model, "--method", "rtn", "--out", folder.path("again"), "--force"],
      [
        "verify", packed, "--reference", model, "--questions", questions, "--samples", "1", "--answer-tokens", "0",
        "--max-mean-kl", "0.05",
      ],
    ]
  }

  @Test(arguments: [80, 120]) func `no line is wider than the terminal, but for what is copied whole`(columns: Int)
    throws
  {
    for arguments in commands { try expectWidth(columns, of: arguments, on: .output) }
    // What is said on the way, and an error.
    for arguments in commands where ["quantize", "check"].contains(arguments[0]) {
      try expectWidth(columns, of: arguments, on: .errors)
    }
  }

  private func expectWidth(_ columns: Int, of arguments: [String], on stream: PrintedStream) throws {
    let shown = try skyquant(arguments: arguments, on: stream, environment: ["NO_COLOR": "1"], columns: columns).shown
    for line in shown.replacing("\u{1B}[K", with: "\n").split(whereSeparator: \.isNewline) {
      // A word of a command may be followed by a backslash.
      let isWord = line.split(separator: " ").count - (line.hasSuffix(" \\") ? 1 : 0) == 1,
        isDigest = line.prefixMatch(of: /[0-9a-f]{64} +\S/) != nil
      #expect(line.count <= columns || isWord || isDigest, "\(arguments[0]): \(line)")
    }
  }

  @Test func `a narrow terminal gets the columns that matter`() throws {
    let (wide, _) = try skyquant(arguments: ["inspect", model], on: .output, columns: 120)
    let (narrow, _) = try skyquant(arguments: ["inspect", model], on: .output, columns: 80)
    #expect(wide.contains("█") && !narrow.contains("█") && narrow.contains("language model linears"))
  }

  @Test func `what goes into a file or a pipe is not broken`() throws {
    let lines = try skyquant("inspect", model).output.split(separator: "\n")
    #expect(lines.contains { $0.hasPrefix("files: ") && $0.count > 120 })
    let error = try skyquant("inspect", folder.path(String(repeating: "a b ", count: 40)))
    #expect(error.errors.split(separator: "\n").count == 1)
  }

  /// Those without a name for the user to put in are typed as they stand, backslashes and all.
  @Test(arguments: [40, 80]) func `the next commands can be pasted`(columns: Int) throws {
    var count = 0
    for arguments in [
      ["inspect", folder.path("it's.skyq")], ["import", folder.path("my awq"), folder.path("$(x).skyq")],
    ] {
      let (shown, _) = try skyquant(arguments: arguments, on: .output, columns: columns)
      let commands = shown.replacing("\\\n", with: " ").matches(of: /(?m)^next: (.*)$/).map { String($0.1) }
      for command in commands where !command.contains("DIR") {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", "skyquant() { '\(program.path)' \"$@\"; }; \(command) >/dev/null"]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(command)")
        count += 1
      }
    }
    #expect(count == 2)
  }

  @Test func `many differences are told by name without numbers, and one by one if asked`() throws {
    let all = try skyquant("diff", model, folder.path("it's.skyq"), "--all", "--quiet")
    let listed = all.output.matches(of: /(?m)^language_model\S+_proj\.weight: largest difference/).count
    let short = try skyquant("diff", model, folder.path("it's.skyq"), "--quiet")
    let counts = short.output.matches(
      of: /(?m)^language_model\.model\.layers\.\*\S+_proj\.weight: ([0-9]+) tensors, largest difference/)
    #expect(all.exitCode == 1 && short.exitCode == 1 && listed == 28)
    #expect(counts.count == 7 && counts.reduce(0) { $0 + (Int($1.1) ?? 0) } == listed)
    #expect(short.output.contains(/tensors that differ: [0-9]+ \(--all lists them\)/))
  }
}

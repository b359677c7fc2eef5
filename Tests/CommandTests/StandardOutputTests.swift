// Results that cannot be written are an error; a reader that went away is none.
import Foundation
import SampleModel
import Testing
import TestSupport

@Suite struct StandardOutputTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel
  private let packed: String
  private let quantized: String

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
    packed = folder.path("model.skyq")
    quantized = try roundedSample(at: folder.path("rtn"))
    expectSuccess(try skyquant("pack", sample.modelDirectory, packed, "--quiet"))
  }

  /// Commands that print, as text and as JSON, and what the argument parser prints itself.
  private var printing: [[String]] {
    let model = sample.modelDirectory
    let commands = [
      ["inspect", model], ["inspect", packed, "--tensors", "*"], ["check", packed], ["check", model, "--full"],
      ["extract", packed], ["diff", model, packed], ["run", model, "--prompt", "2 +", "--max-tokens", "2"],
      ["doctor", model, "--headers-only"],
      [
        "verify", quantized, "--reference", model, "--questions", sample.evaluationQuestions, "--samples", "1",
        "--answer-tokens", "0",
      ],
    ]
    return commands.flatMap { [$0 + ["--quiet"], $0 + ["--quiet", "--json"]] } + [
      ["extract", packed, "--file", "tokenizer.json"], ["--help"], ["run", "--help"], ["help", "pack"], ["--version"],
      ["--generate-completion-script", "bash"],
    ]
  }

  private func expectWriteError(_ reason: String, _ arguments: [String], _ result: CommandResult) {
    #expect(result.exitCode == 74, "\(arguments): \(result.errors)")
    #expect(result.errors == "error: standard output: write failed: \(reason)\n", "\(arguments)")
  }

  @Test func aFullStandardOutputEndsEveryCommandWith74() throws {
    for arguments in printing {
      let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
      expectWriteError("No space left on device", arguments, try skyquant(arguments: arguments, output: full))
    }
  }

  @Test func aClosedStandardOutputEndsEveryCommandWith74() throws {
    for arguments in printing {
      expectWriteError("Bad file descriptor", arguments, try skyquant(arguments: arguments, redirection: ">&-"))
    }
  }

  @Test func anOutputThatWasWrittenStaysThoughItsSummaryCannotBePrinted() throws {
    let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    let arguments = ["pack", sample.modelDirectory, folder.path("again.skyq"), "--quiet"]
    expectWriteError("No space left on device", arguments, try skyquant(arguments: arguments, output: full))
    #expect(FileManager.default.contentsEqual(atPath: packed, andPath: folder.path("again.skyq")))
  }

  @Test func aReaderThatGoesAwayIsNoErrorAndChangesNoExitCode() throws {
    for arguments in printing {
      let expected = try skyquant(arguments: arguments).exitCode
      let pipe = Pipe()
      try pipe.fileHandleForReading.close()
      let result = try skyquant(arguments: arguments, output: pipe.fileHandleForWriting)
      #expect(result.exitCode == expected && result.errors.isEmpty, "\(arguments): \(result.errors)")
    }
  }

  @Test func aGateFailsThoughNobodyReadsTheReport() throws {
    let pipe = Pipe()
    try pipe.fileHandleForReading.close()
    let result = try skyquant(
      arguments: [
        "verify", quantized, "--reference", sample.modelDirectory, "--questions", sample.evaluationQuestions,
        "--samples",
        "1", "--answer-tokens", "0", "--quiet", "--max-p99-kl", "0",
      ], output: pipe.fileHandleForWriting)
    #expect(result.exitCode == 1 && result.errors.isEmpty)
  }

  /// Else the lowest free numbers, those of the closed streams, go to the files that are opened next.
  @Test func closedStreamsAreNotMistakenForOutputs() throws {
    func quantize(_ out: String, _ redirection: String?) throws -> CommandResult {
      try skyquant(
        arguments: ["quantize", sample.modelDirectory, "--method", "rtn", "--out", folder.path(out)],
        redirection: redirection)
    }
    expectSuccess(try quantize("out", nil))
    #expect(try quantize("closed", "<&- >&- 2>&-").exitCode == 74)
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path("out")) {
      #expect(
        FileManager.default.contentsEqual(atPath: folder.path("out/" + name), andPath: folder.path("closed/" + name)),
        "\(name)")
    }
  }

  @Test func errorsThatCannotBeWrittenLeaveTheExitCode() throws {
    for redirection in ["2>/dev/full", "2>&-"] {
      #expect(try skyquant(arguments: ["inspect", "/nowhere"], redirection: redirection).exitCode == 66)
      expectSuccess(try skyquant(arguments: ["inspect", packed], redirection: redirection))
    }
  }
}

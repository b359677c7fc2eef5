// The command line: a table of commands, and one place where errors become one line and an exit code.
import ArgumentParser
import Basics
import Glibc
import Storage
import Workflows

@main
struct Skyquant: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "skyquant",
    abstract: "Quantizes vision-language models to AWQ int4 on a CPU, and proves what it cost.",
    discussion: """
      A typical day:
        skyquant quantize MODEL --calibration questions.jsonl --out MODEL-awq
        skyquant verify MODEL-awq --reference MODEL --questions held-out.jsonl
        skyquant pack MODEL-awq model.skyq

      MODEL is a directory with config.json and safetensors shards: Skywork-R1V and InternVL checkpoints, or a Qwen2, \
      Qwen3 or Llama text model. Every command takes --json, and --help tells more. On a terminal what passes, fails \
      or warns has a colour, unless --no-color or NO_COLOR says no.

      Exit codes:
         0  fine
         1  a gate failed, models differ, or doctor found errors
        64  usage
        65  malformed input, damage
        66  input missing or changed
        69  unsupported input
        70  internal error
        71  too few threads or open files, or too little memory
        73  output exists, or cannot be created
        74  I/O error, also of standard output
        75  locked by another run
       130  interrupted, 143 terminated; --resume goes on (quantize, pack, import)
      A reader of standard output that goes away, as `head -1` does, changes none of them.
      """,
    version: Version.current,
    subcommands: [
      Inspect.self, Plan.self, Quantize.self, Pack.self, Check.self, Diff.self, Extract.self, Import.self, Export.self,
      DoctorCommand.self, Verify.self, Evaluate.self, Run.self,
    ])

  static func main() {
    StandardStreams.occupy()
    MappedFile.installTruncationHandler()
    // A reader that goes away, and a full file, are errors to report, not signals to die of.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    FileSystemNotes.tell { StandardError.write(SafeText(line: "\("warning:", .warning) \($0)")) }
    Glibc.exit(status())
  }

  /// Runs the command that the arguments ask for, to its exit code.
  private static func status() -> Int32 {
    do {
      var command = try parseAsRoot()
      try Interruption.install()
      do {
        try command.run()
      } catch let error as ValidationError {
        return report(error, by: type(of: command))
      }
      try StandardOutput.close()
      return EXIT_SUCCESS
    } catch {
      return report(error)
    }
  }

  /// Says what ended the command: an error, or that help was asked for.
  private static func report(_ error: any Error, by command: any ParsableCommand.Type = Skyquant.self) -> Int32 {
    if let failure = Failure(error) {
      StandardError.write(SafeText(line: "\("error:", .bad) \(failure.message)"))
      return failure.exitCode
    }
    let code = command.exitCode(for: error)
    var message = command.fullMessage(for: error)
    if command != Skyquant.self {
      // A command by itself does not know whose it is.
      for start in ["Usage: ", "See '"] { message = message.replacing(start, with: start + "skyquant ") }
    }
    guard code != .failure || error is ExitCode else {
      StandardError.write(SafeText(line: "\("error:", .bad) internal error: \(String(describing: error))"))
      return 70
    }
    guard code.isSuccess else {
      if !message.isEmpty { StandardError.write(SafeText(document: usageError(message))) }
      return code.rawValue
    }
    do throws(StorageError) {
      try StandardOutput.write(SafeText(document: StyledText(message)))
      try StandardOutput.close()
      return code.rawValue
    } catch {
      return report(error)
    }
  }

  /// What the parser says of arguments that it cannot read; it begins with "Error:".
  private static func usageError(_ message: String) -> StyledText {
    let mark = "Error:"
    guard message.hasPrefix(mark) else { return StyledText(message) }
    return StyledText(mark, .bad) + StyledText(String(message.dropFirst(mark.count)))
  }
}

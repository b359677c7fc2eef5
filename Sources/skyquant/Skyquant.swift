// The command line: a table of commands, and one place where errors become one line and an exit code.
import ArgumentParser
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
      Qwen3 or Llama text model. Every command takes --json, and --help tells more.

      Exit codes: 0 fine, 1 a gate failed, models differ or doctor found errors, 64 usage, 65 malformed input, 66 input missing or changed, 69 unsupported, \
      70 internal error, 71 the system gives too few threads, open files or too little memory, 73 cannot create output, \
      74 I/O error (also of standard output), 75 locked by another run, \
      130 and 143 interrupted (quantize, pack and import go on with --resume). A reader of standard output that goes away, \
      as `head -1` does, changes none of them.
      """,
    version: Version.current,
    subcommands: [
      Inspect.self, Quantize.self, Pack.self, Check.self, Diff.self, Extract.self, Import.self, Export.self,
      DoctorCommand.self, Verify.self, Run.self,
    ])

  static func main() {
    StandardStreams.occupy()
    MappedFile.installTruncationHandler()
    // A reader that goes away, and a full file, are errors to report, not signals to die of.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    Glibc.exit(status())
  }

  /// Runs the command that the arguments ask for, to its exit code.
  private static func status() -> Int32 {
    do {
      var command = try parseAsRoot()
      try Interruption.install()
      try command.run()
      try StandardOutput.close()
      return EXIT_SUCCESS
    } catch {
      return report(error)
    }
  }

  /// Says what ended the command: an error, or that help was asked for.
  private static func report(_ error: any Error) -> Int32 {
    if let failure = Failure(error) {
      StandardError.write(SafeText(line: "error: \(failure.message)"))
      return failure.exitCode
    }
    let (code, message) = (exitCode(for: error), fullMessage(for: error))
    guard code != .failure || error is ExitCode else {
      StandardError.write(SafeText(line: "error: internal error: \(error)"))
      return 70
    }
    guard code.isSuccess else {
      if !message.isEmpty { StandardError.write(SafeText(document: message)) }
      return code.rawValue
    }
    do throws(StorageError) {
      try StandardOutput.write(SafeText(document: message))
      try StandardOutput.close()
      return code.rawValue
    } catch {
      return report(error)
    }
  }
}

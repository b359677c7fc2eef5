// skyquant doctor: what loaders will stumble over in an AWQ repository.
import ArgumentParser
import Basics
import Doctor
import ModelFiles
import Workflows

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Find what loaders will stumble over in a model's repository.",
    usage: "skyquant doctor [<options>] (<directory> | --machine)",
    discussion: """
      Examines a directory that AutoAWQ, llm-compressor, AutoRound, GPTQModel, skyquant or a person has made: files, \
      code, quantization_config, names and shapes, whether the weights are those that config.json calls for, how many \
      devices can share them (--tp), and, unless --headers-only is given, the values of all tensors; codes are looked at \
      in AWQ's GEMM layout only. Each finding says what to do, and of which loaders it is true; Formats/doctor.md lists \
      them. The exit code is 1 if there are errors.

      What files cannot show is whether codes, zeros and scales mean the original's weights: a wrong order of nibbles, \
      zeros off by one and scales times 100 look sound. `skyquant verify` against the original shows them.

      With --machine it examines this computer instead: what the matrix products of `verify` and `run` can be made with, \
      whether it multiplies rightly, and how fast it is.

      Examples:
        skyquant doctor Skywork-R1V3-38B-AWQ
        skyquant doctor Skywork-R1V3-38B-AWQ --tp 4 --headers-only
        skyquant doctor --machine
      """)

  @Argument(help: "Directory of a checkpoint, quantized or not.", completion: .directory)
  var directory: String?

  @Flag(help: "Examine this computer instead of a directory.")
  var machine = false

  @Flag(help: "Do not read tensors.")
  var headersOnly = false

  @Option(
    help: ArgumentHelp(
      "Devices that are to share the model (tensor parallelism): what keeps loaders from it is an error.",
      valueName: "n"))
  var tp: Int?

  @OptionGroup var compute: ComputeOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (directory == nil) == machine else { throw ValidationError("give either DIRECTORY or --machine") }
    if let tp, !(1...1024).contains(tp) { throw ValidationError("--tp must be from 1 to 1024") }
  }

  func run() throws {
    compute.apply()
    guard let directory else {
      let report = MachineReport()
      return try output.print(report.json) { report.lines }
    }
    guard !directory.hasSuffix(".skyq") else {
      throw ModelFilesError.unsupported(
        path: directory,
        reason: "a .skyq file is no repository that loaders read; `skyquant check --full` finds damage in it, "
          + "`skyquant inspect` tells what it holds, and what `skyquant export` makes of it can be examined")
    }
    var progress = Progress(output)
    let examination = try Examination(path: directory, tensorParallelism: tp)
    let findings = try examination.findings(readsValues: !headersOnly) { done, total in
      progress.show(.progress(.readingTensors, done: done, total: total))
    }
    progress.finish()
    let text = DoctorText(
      findings, directory: directory, areValuesRead: !headersOnly, isComparable: examination.isComparable)
    try output.print(text.json, styled: text.lines)
    if text.count(.error) > 0 { throw ExitCode(1) }
  }
}

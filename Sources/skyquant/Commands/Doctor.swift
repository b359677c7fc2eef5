// skyquant doctor: what loaders will stumble over in an AWQ repository.
import ArgumentParser
import Basics
import Doctor
import Workflows

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Find what loaders will stumble over in an AWQ repository.",
    usage: "skyquant doctor [<options>] (<directory> | --machine)",
    discussion: """
      Examines a directory that AutoAWQ, llm-compressor, lmdeploy, skyquant or a person has made: files, \
      quantization_config, names and shapes, whether the weights are those that config.json calls for, and, unless \
      --headers-only is given, the values of all tensors. Each finding says what to do; Formats/doctor.md lists them. \
      The exit code is 1 if there are errors.

      What files cannot show is whether codes, zeros and scales mean the original's weights: a wrong order of nibbles, \
      zeros off by one and scales times 100 look sound. `skyquant verify` against the original shows them.

      With --machine it examines this computer instead: what the matrix products of `verify` and `run` can be made with, \
      whether it multiplies rightly, and how fast it is.

      Examples:
        skyquant doctor Skywork-R1V3-38B-AWQ
        skyquant doctor --machine
      """)

  @Argument(help: "Directory of an AWQ checkpoint.")
  var directory: String?

  @Flag(help: "Examine this computer instead of a directory.")
  var machine = false

  @Flag(help: "Do not read tensors.")
  var headersOnly = false

  @OptionGroup var compute: ComputeOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (directory == nil) == machine else { throw ValidationError("give either DIRECTORY or --machine") }
  }

  func run() throws {
    compute.apply()
    guard let directory else {
      let report = MachineReport()
      return try output.print(report.json) { report.lines }
    }
    var progress = Progress(output)
    let findings = try Examination(path: directory).findings(readsValues: !headersOnly) { done, total in
      progress.show(.progress(.readingTensors, done: done, total: total))
    }
    progress.finish()
    let text = DoctorText(findings, directory: directory, areValuesRead: !headersOnly)
    try output.print(text.json, styled: text.lines)
    if text.count(.error) > 0 { throw ExitCode(1) }
  }
}

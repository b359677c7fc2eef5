// Options of the commands that make a model from another one's weights.
import ArgumentParser
import Workflows

/// What every such command takes.
struct SourceOptions: ParsableArguments {
  @Flag(help: "Go on with a warning where weights that are copied are NaN, infinite or all zero.")
  var allowNonfinite = false
}

/// What `quantize` writes beside the checkpoint, and what about a stopped run.
struct MakingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Also write what quantization cost each linear into this new directory, as JSON and CSV.", valueName: "dir"),
    completion: .directory)
  var report: String?

  @OptionGroup var page: PageOptions

  @Flag(help: "Replace an existing output directory; a stopped run's work is dropped.")
  var force = false

  @Flag(help: "Go on where a run with the same settings and files was stopped. The result is the same, byte for byte.")
  var resume = false

  @Option(
    help: ArgumentHelp(
      "Secure the work after a layer if the last time is so long ago, so that --resume can go on from there.",
      valueName: "seconds"))
  var checkpointEvery = QuantizationRun.defaultSecureInterval

  @Option(
    help: ArgumentHelp(
      "Memory that the run may take (default: \(MemoryLimit.defaultPercentage) % of what is available).",
      discussion: """
        A number with B, kB, MB, GB, KiB, MiB or GiB. What does not fit waits in the work folder beside the output. The \
        result does not depend on it.
        """, valueName: "size"))
  var memoryLimit: ByteBudget?

  @OptionGroup var source: SourceOptions

  /// Makes `run` do what was asked for.
  func apply(to run: inout QuantizationRun) {
    run.overwrites = force
    run.resumes = resume
    run.secureInterval = checkpointEvery
    run.memoryLimit = memoryLimit?.bytes
    run.reportDirectory = report
    run.page = page.file(overwriting: force)
    run.allowsDamage = source.allowNonfinite
  }

  func validate() throws {
    guard checkpointEvery >= 0 else { throw ValidationError("--checkpoint-every must not be negative") }
  }
}

/// What `pack` and `import` have in common: a checkpoint in, a .skyq file out.
struct PackingOptions: ParsableArguments {
  @Argument(help: "Checkpoint directory.", completion: .directory)
  var model: String

  @Argument(
    help: "File to write; must end in .skyq. Until it is complete it lies in OUT.skyquant-work beside it.",
    completion: .file(extensions: ["skyq"]))
  var out: String

  @Flag(help: "Replace an existing file; a stopped run's work is dropped.")
  var force = false

  @Flag(help: "Go on where a run was stopped. The result is the same, byte for byte.")
  var resume = false

  @OptionGroup var source: SourceOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard out.hasSuffix(".skyq") else { throw ValidationError("the file to write must end in .skyq") }
  }

  /// What was asked for.
  var job: PackingRun {
    var job = PackingRun(model: model, output: out)
    job.overwrites = force
    job.resumes = resume
    job.allowsDamage = source.allowNonfinite
    return job
  }
}

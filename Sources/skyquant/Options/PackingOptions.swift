// What `pack` and `import` have in common: a checkpoint in, a .skyq file out.
import ArgumentParser
import Workflows

struct PackingOptions: ParsableArguments {
  @Argument(help: "Checkpoint directory.")
  var model: String

  @Argument(help: "File to write; must end in .skyq. Until it is complete it lies in OUT.skyquant-work beside it.")
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

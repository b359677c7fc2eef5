// skyquant quantize: calibrate, search, write an AWQ checkpoint.
import ArgumentParser
import Basics
import Reports
import Workflows

struct Quantize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Quantize a model to an AWQ int4 checkpoint.",
    discussion: """
      Reads MODEL's shards, runs the calibration questions through it one decoder layer at a time, and writes a \
      directory that vLLM loads (0.33; for other loaders see `skyquant doctor`): AWQ GEMM int4 for the language model's \
      linears, everything else as it was. A linear that would end worse than plain rounding on calibration tokens kept aside is plainly \
      rounded, except with awq-compat, which keeps what AutoAWQ's search finds.

      Until it is complete everything lies in the folder OUT.skyquant-work beside it; --resume goes on with what a \
      stopped run has left there.

      Calibration lines are JSON objects: {"image": "a.png", "question": "…", "answer": "…"} or {"text": "…"}. Answers \
      matter: their tokens are what the model will have to produce.

      Examples:
        skyquant quantize R1V3-38B --calibration questions.jsonl --out R1V3-38B-awq
        skyquant quantize R1V3-38B --recipe R1V3-38B-awq/skyquant.json --out again
      """)

  @OptionGroup var arguments: QuantizationArguments
  @OptionGroup var output: OutputOptions

  @Flag(help: "Only tell what the run would take: bytes, memory, time; see skyquant plan.")
  var dryRun = false

  func run() throws {
    try arguments.requireComplete()
    arguments.compute.apply()
    let job = try arguments.job()
    var progress = Progress(output)
    guard !dryRun else {
      let plan = try job.plan { progress.show($0) }
      progress.finish()
      return try output.print(plan.json(job), styled: plan.lines(job))
    }
    let report = try job.run { progress.show($0) }
    progress.finish()
    let pictures = try job.recipe.samples.pictures()
    let carried = progress.carried
    try output.print(
      carried.added(to: pictures.added(to: report.json)), styled: report.lines + carried.lines + pictures.lines)
  }
}

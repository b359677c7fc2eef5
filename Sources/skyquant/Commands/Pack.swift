// skyquant pack: one memory-mapped file from a checkpoint directory.
import ArgumentParser
import Workflows

struct Pack: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Pack a checkpoint into one memory-mapped .skyq file.",
    usage: "skyquant pack [<options>] <model> <out>",
    discussion: """
      Config, tokenizer and provenance go inside, so that `run` and `verify` need nothing else. Packing computes \
      nothing: `skyquant export` gives the checkpoint's numbers back bit by bit. The checkpoint may be quantized or plain; \
      `skyquant import` takes quantized ones only, and proves what this promises.

      Example:
        skyquant pack Skywork-R1V3-38B-awq Skywork-R1V3-38B-awq.skyq
      """)

  @Option(
    help: ArgumentHelp(
      "Also store this report of `skyquant verify --json` about the model (repeatable).", valueName: "file"),
    completion: .file())
  var evaluation: [String] = []

  @Flag(help: "Only tell what packing would take: bytes, memory, time. Nothing is written.")
  var dryRun = false

  @OptionGroup var packing: PackingOptions

  func run() throws {
    var progress = Progress(packing.output)
    var job = packing.job
    job.evaluations = evaluation
    guard !dryRun else {
      let plan = try job.plan { progress.show($0) }
      progress.finish()
      return try packing.output.print(plan.json(job), styled: plan.lines(job))
    }
    let header = try job.run { progress.show($0) }.header
    progress.finish()
    try packing.print(header, progress.carried, schema: "skyquant.pack/1")
  }
}

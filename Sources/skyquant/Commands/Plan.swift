// skyquant plan: what a quantization will take, before it is run.
import ArgumentParser
import Workflows

struct Plan: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell what quantizing a model will take: bytes, memory, time.",
    discussion: """
      Takes the arguments of skyquant quantize, reads headers and questions, tries this machine's processor and disk for \
      some seconds, and says what the run would write, how much memory and disk it would need and how long each of its \
      stages would take. What quantize would refuse before the work is refused here as well. Nothing is left behind.

      Times are those of a machine that does nothing else.

      Examples:
        skyquant plan R1V3-38B --calibration questions.jsonl --out R1V3-38B-awq
        skyquant plan R1V3-38B --calibration questions.jsonl --out R1V3-38B-awq \\
          --memory-limit 8GiB
      """)

  @OptionGroup var arguments: QuantizationArguments
  @OptionGroup var output: OutputOptions

  func run() throws {
    try arguments.requireComplete()
    arguments.compute.apply()
    let job = try arguments.job()
    var progress = Progress(output)
    let plan = try job.plan { progress.show($0) }
    progress.finish()
    try output.print(plan.json(job), styled: plan.lines(job))
  }
}

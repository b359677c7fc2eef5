// skyquant import: an AWQ checkpoint that another tool made as a .skyq file, proven to come back bit by bit.
import ArgumentParser
import Basics
import Workflows

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Pack an AWQ checkpoint of any tool, and prove that it comes back.",
    usage: "skyquant import [<options>] <model> <out>",
    discussion: """
      The directory must be an AWQ checkpoint in the GEMM layout, as AutoAWQ, AutoRound and skyquant write it. It is \
      packed as `skyquant pack` does; then, before the file gets its name, it is read again, and every tensor that \
      `skyquant export` would make of it is compared with the checkpoint's, bit by bit.

      Example:
        skyquant import Skywork-R1V3-38B-AWQ Skywork-R1V3-38B.skyq
      """)

  @OptionGroup var packing: PackingOptions

  func run() throws {
    var progress = Progress(packing.output)
    var job = packing.job
    job.isProven = true
    let (header, tensorCount) = try job.run { progress.show($0) }
    progress.finish()
    try packing.print(
      header, progress.carried, schema: "skyquant.import/1",
      proof: ["\(tensorCount) tensors come back from it bit by bit"])
  }
}

// skyquant import: a quantized checkpoint that another tool made as a .skyq file, proven to come back bit by bit.
import ArgumentParser
import Basics
import Workflows

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Pack a quantized checkpoint of any tool, and prove that it comes back.",
    usage: "skyquant import [<options>] <model> <out>",
    discussion: """
      The directory holds linears in 4 or 8 bits: AWQ (GEMM), compressed-tensors (pack-quantized), GPTQ without \
      act-order, or one of AutoRound's packings of these. It is packed as `skyquant pack` does; then, before the file gets its name, it \
      is read again, and what its numbers give in the checkpoint's own layout is compared with the checkpoint, bit by bit.

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

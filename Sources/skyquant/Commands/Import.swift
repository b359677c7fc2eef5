// skyquant import: an AWQ checkpoint that another tool made as a .skyq file, proven to come back bit by bit.
import ArgumentParser
import ModelFiles
import Storage
import Tensors

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Pack an AWQ checkpoint of any tool, and prove that it comes back.",
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
    let file = try ModelFile.open(packing.model)
    guard file.kind == .awqCheckpoint else {
      throw ModelFilesError.unsupported(
        path: packing.model,
        reason: "is no AWQ checkpoint; `skyquant quantize` makes one, `skyquant pack` packs any model")
    }
    var compared = progress
    let header = try packing.pack(file, &progress) { packed in
      try file.requireReturn(from: packed) { compared.update("compared", done: $0, total: $1) }
    }
    progress.finish()
    try packing.print(
      header, schema: "skyquant.import/1", proof: ["\(file.tensors.count) tensors come back from it bit by bit"])
  }
}

// skyquant export: the checkpoint that a .skyq file was packed from.
import ArgumentParser
import JSON
import ModelFiles
import Storage
import Tensors

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a .skyq file back as a checkpoint directory.",
    discussion: """
      qweight, qzeros and scales are those of the packed checkpoint bit by bit, and so are all other tensors and files.

      Example:
        skyquant export model.skyq --out model-awq
      """)

  @Argument(help: "A .skyq file.")
  var model: String

  @Option(help: "Directory to write; it must not exist unless --force is given.")
  var out: String

  @Flag(help: "Replace an existing output directory.")
  var force = false

  @OptionGroup var output: OutputOptions

  func run() throws {
    var progress = Progress(output)
    let file = try ModelFile.open(model)
    try CheckpointExporter(file).export(to: out, overwriting: force) { done, total in
      progress.update("tensors", done: done, total: total)
    }
    progress.finish()
    try output.print([
      "schema": "skyquant.export/1", "directory": .string(out), "tensors": .integer(file.tensors.count),
    ]) { "wrote \(out.displayed): \(file.tensors.count) tensors" }
  }
}

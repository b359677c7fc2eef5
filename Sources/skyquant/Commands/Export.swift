// skyquant export: a model as a checkpoint directory, in the layout that a loader wants.
import ArgumentParser
import JSON
import ModelFiles
import Storage
import Tensors

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a model back as a checkpoint directory.",
    discussion: """
      --to awq gives qweight, qzeros and scales of the packed checkpoint bit by bit, and all other tensors and files. \
      --to compressed-tensors writes the same codes, zeros and scales in llm-compressor's pack-quantized layout: \
      nothing is lost.

      Examples:
        skyquant export model.skyq --out model-awq
        skyquant export MODEL-awq --to compressed-tensors --out MODEL-ct
      """)

  @Argument(help: "A .skyq file or an AWQ directory.")
  var model: String

  @Option(
    help: "Layout of the quantized linears: \(CheckpointFormat.allCases.map(\.rawValue).joined(separator: ", ")).")
  var to: CheckpointFormat = .awq

  @Option(help: "Directory to write; it must not exist unless --force is given.")
  var out: String

  @Flag(help: "Replace an existing output directory.")
  var force = false

  @OptionGroup var output: OutputOptions

  func run() throws {
    var progress = Progress(output)
    let file = try ModelFile.open(model)
    try CheckpointExporter(file, as: to).export(to: out, overwriting: force) { done, total in
      progress.update("tensors", done: done, total: total)
    }
    progress.finish()
    try output.print([
      "schema": "skyquant.export/1", "directory": .string(out), "format": .string(to.rawValue),
      "tensors": .integer(file.tensors.count),
    ]) { "wrote \(out.displayed): \(file.tensors.count) tensors, \(to.rawValue)" }
  }
}

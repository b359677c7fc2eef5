// skyquant diff: what two models do not have in common.
import ArgumentParser
import ModelFiles
import Reports
import Workflows

struct Diff: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare two models tensor by tensor.",
    usage: "skyquant diff [<options>] <a> <b>",
    discussion: """
      A and B are checkpoint directories or .skyq files in any combination: a quantized directory equals the .skyq file \
      packed from it, and the same numbers in another layout. Tensors of models that skyquant does not compute with, and \
      of single safetensors files, are compared as they are stored. The exit code is 1 if anything differs. More than 20 \
      tensors that differ are told together, by their names with a * for the number of the layer.

      Examples:
        skyquant diff model.skyq MODEL-awq        # was it packed from this?
        skyquant diff MODEL MODEL-awq             # what changed, and by how much
      """)

  @Argument(help: "A model.", completion: .file())
  var a: String

  @Argument(help: "Another model.", completion: .file())
  var b: String

  @Flag(help: "A line for each tensor that differs, however many there are.")
  var all = false

  @OptionGroup var compute: ComputeOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    compute.apply()
    var progress = Progress(output)
    let difference = try ModelDifference(try ModelListing.open(a), try ModelListing.open(b)) { done, total in
      progress.show(.progress(.readingTensors, done: done, total: total))
    }
    progress.finish()
    try output.print(difference.json(a, b)) { difference.lines(all: all) }
    if !difference.isEmpty { throw ExitCode(1) }
  }
}

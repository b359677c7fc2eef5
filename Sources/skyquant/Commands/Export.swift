// skyquant export: a model in the layout that a loader wants.
import ArgumentParser
import ModelFiles
import Workflows

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a model in the layout that another program wants.",
    usage: "skyquant export [<options>] <model> --out <path>",
    discussion: """
      awq: qweight, qzeros and scales of the packed checkpoint bit by bit, and all other tensors and files.

      compressed-tensors: the same codes, zeros and scales in llm-compressor's pack-quantized layout; nothing is lost.

      gguf-q4_1: one file for llama.cpp, text models only. Codes and scales stay, a group's zero becomes an offset in \
      half precision; what that shifts, and what has no place in the file, is printed.

      Examples:
        skyquant export model.skyq --out model-awq
        skyquant export MODEL-awq --to compressed-tensors --out MODEL-ct
        skyquant export MODEL-awq --to gguf-q4_1 --out MODEL-Q4_1.gguf
      """)

  @Argument(help: "A .skyq file or an AWQ directory.", completion: .file())
  var model: String

  @Option(help: ArgumentHelp("The layout.", valueName: "layout"))
  var to = ExportRun.Layout.checkpoint(.awq)

  @Option(
    help: ArgumentHelp(
      "Directory or .gguf file to write; it must not exist unless --force is given.", valueName: "path"),
    completion: .file())
  var out: String

  @Flag(help: "Replace existing output.")
  var force = false

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard to != .gguf || out.hasSuffix(".gguf") else { throw ValidationError("the file to write must end in .gguf") }
  }

  func run() throws {
    var progress = Progress(output)
    var job = ExportRun(model: model, output: out, layout: to)
    job.overwrites = force
    let result = try job.run { progress.show($0) }
    progress.finish()
    try output.print(result.json(job)) { result.lines(job) }
  }
}

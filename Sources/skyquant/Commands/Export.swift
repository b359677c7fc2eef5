// skyquant export: a model in the layout that a loader wants.
import ArgumentParser
import ModelFiles
import Workflows

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a model in the layout that another program wants.",
    usage: "skyquant export [<options>] <model> --out <path>",
    discussion: """
      Codes, zeros and scales are the same numbers in every checkpoint layout, whichever tool made the model; what one \
      cannot hold is refused by name.

      awq: AutoAWQ's GEMM layout. From an AWQ checkpoint, packed or not, all tensors and files bit by bit.

      compressed-tensors: llm-compressor's pack-quantized layout.

      gptq, gptq-v1: GPTQ's layout, with zeros as they are (checkpoint_format gptq_v2) or less one (gptq), which \
      has no zero of 0. vLLM takes either if the model is symmetric (quantize --scheme int4-sym).

      gguf: for llama.cpp. A text model becomes one file; a vision-language model a directory with NAME.gguf and \
      mmproj-NAME.gguf, if llama.cpp computes its vision tower as it is, else the reason is told. Codes and scales stay, \
      a group's zero becomes an offset in half precision; what that shifts, and what has no place in the files, is \
      printed.

      Examples:
        skyquant export model.skyq --out model-awq
        skyquant export MODEL-W4A16 --to awq --out MODEL-awq
        skyquant export TEXT-MODEL-awq --to gguf --out TEXT-MODEL-Q4_1.gguf
        skyquant export MODEL-awq --to gguf --out MODEL-gguf
      """)

  @Argument(help: "A .skyq file or the directory of a quantized model.", completion: .file())
  var model: String

  @Option(help: ArgumentHelp("The layout.", valueName: "layout"))
  var to = ExportRun.Layout.checkpoint(.awq)

  @Option(
    help: ArgumentHelp(
      "Directory or .gguf file to write; it must not exist unless --force is given.", valueName: "path"),
    completion: .file())
  var out: String

  @Option(
    help: ArgumentHelp(
      "Widen the MLPs with zeros until so many devices can share them by whole groups.",
      discussion: "No output of the model changes. For checkpoint layouts; InternVL3-78B needs it for 2, 4 and 8.",
      valueName: "devices"))
  var padFor: Int?

  @Flag(
    help: ArgumentHelp(
      "Round once more what the layout has no place for.",
      discussion: """
        Decoder linears of eight bits, for AWQ and GPTQ, plainly to four, and linears of GPTQ in act-order to groups in \
        order; scales that are no numbers of half precision to the nearest that is one. Quantized linears outside the \
        decoder's layers, where loaders look for none, are stored in 16 bit. What that costs is printed; `quantize` the \
        original instead where you have it.
        """))
  var requantize = false

  @Flag(help: "Replace existing output.")
  var force = false

  @OptionGroup(title: "GGUF Options") var gguf: GGUFArguments

  @OptionGroup var output: OutputOptions

  func validate() throws {
    if let padFor, !(1...1024).contains(padFor) { throw ValidationError("--pad-for must be from 1 to 1024") }
    guard padFor == nil || to != .gguf else {
      throw ValidationError("--pad-for is for checkpoints: a GGUF file is not cut into groups for devices")
    }
    guard !requantize || to != .gguf else { throw ValidationError("--requantize is for checkpoints") }
    guard to == .gguf || !gguf.areGiven else {
      throw ValidationError("options of GGUF files go with --to gguf")
    }
    guard !gguf.textOnly || out.hasSuffix(".gguf") else { throw ValidationError("the file to write must end in .gguf") }
  }

  func run() throws {
    var progress = Progress(output)
    var job = ExportRun(model: model, output: out, layout: to)
    job.devices = padFor
    job.requantizes = requantize
    job.gguf = gguf.options
    job.isTextOnly = gguf.textOnly
    job.overwrites = force
    let result = try job.run { progress.show($0) }
    progress.finish()
    try output.print(result.json(job)) { result.lines(job) }
  }
}

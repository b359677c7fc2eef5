// skyquant export: a model in the layout that a loader wants.
import ArgumentParser
import Basics
import GGUFExport
import JSON
import ModelFiles
import Storage

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

  /// What can be written.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case awq
    case compressedTensors = "compressed-tensors"
    case gguf = "gguf-q4_1"
  }

  @Argument(help: "A .skyq file or an AWQ directory.")
  var model: String

  @Option(help: ArgumentHelp("The layout.", valueName: "layout"))
  var to: Format = .awq

  @Option(
    help: ArgumentHelp(
      "Directory or .gguf file to write; it must not exist unless --force is given.", valueName: "path"))
  var out: String

  @Flag(help: "Replace existing output.")
  var force = false

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard to != .gguf || out.hasSuffix(".gguf") else { throw ValidationError("the file to write must end in .gguf") }
  }

  func run() throws {
    var progress = Progress(output)
    try requireOutput(out, keeping: [model])
    let file = try ModelFile.open(model)
    progress.warn(ofDirectoriesIn: model, file.directoryNames)
    func advance(_ done: Int, _ total: Int) { progress.update("tensors", done: done, total: total) }
    var result: JSONObject = ["schema": "skyquant.export/1", "output": .string(out), "format": .string(to.rawValue)]
    let lines: [String]
    switch to {
    case .awq, .compressedTensors:
      let format: CheckpointFormat = to == .awq ? .awq : .compressedTensors
      try CheckpointExporter(file, as: format).export(to: out, overwriting: force, onTensor: advance)
      result["tensors"] = .integer(file.tensors.count)
      lines = ["wrote \(out.displayed): \(file.tensors.count) tensors, \(to.rawValue)"]
    case .gguf:
      let report = try GGUFExporter(file).export(to: out, overwriting: force, onTensor: advance)
      result["tensors"] = .integer(report.tensorCount)
      result["bytes"] = .integer(report.byteCount)
      result["largest_shift"] = .double(Double(report.largestShift))
      result["losses"] = .array(report.losses.map(JSONValue.string))
      lines = report.lines(out)
    }
    progress.finish()
    try output.print(.object(result)) { lines }
  }
}

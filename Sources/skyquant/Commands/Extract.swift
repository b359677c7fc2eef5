// skyquant extract: the files inside a .skyq file, byte for byte, and single tensors.
import ArgumentParser
import Workflows

struct Extract: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take files such as config.json, and single tensors, out of a .skyq file.",
    usage: "skyquant extract [<options>] <model>",
    discussion: """
      Without options the embedded files are listed. --file prints one byte for byte, a terminal gets it without control \
      characters. --tensor writes tensors into one safetensors file: those of 16 or \
      32 bit as they are, int4 linears decoded to F32, which holds their values exactly. `skyquant export` writes all \
      tensors as a checkpoint.

      Examples:
        skyquant extract model.skyq --file config.json
        skyquant extract model.skyq --out tokenizer-and-config
        skyquant extract model.skyq --tensor lm_head.weight --out head.safetensors
      """)

  @Argument(help: "A .skyq file.", completion: .file(extensions: ["skyq"]))
  var model: String

  @Option(help: ArgumentHelp("Print this file to standard output.", valueName: "name"))
  var file: String?

  @Option(help: ArgumentHelp("Write this tensor into the safetensors file --out (repeatable).", valueName: "name"))
  var tensor: [String] = []

  @Option(
    help: ArgumentHelp(
      "Write all files into this new directory, or the tensors into this new file.", valueName: "path"),
    completion: .file())
  var out: String?

  @Flag(help: "Replace an existing output.")
  var force = false

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard file == nil || (out == nil && tensor.isEmpty) else { throw ValidationError("give either --file or --out") }
    guard tensor.isEmpty || out?.hasSuffix(".safetensors") == true else {
      throw ValidationError("--tensor needs --out FILE.safetensors")
    }
  }

  func run() throws {
    let extraction = Extraction(model: model, overwrites: force)
    if let file { return _ = try StandardOutput.write(content: extraction.bytes(ofFile: file)) }
    if !tensor.isEmpty, let out {
      let tensors = try extraction.tensors(tensor, into: out)
      return try output.print(extraction.json(tensors)) { extraction.lines(tensors) }
    }
    let files = try extraction.files(into: out)
    try output.print(extraction.json(files)) { extraction.lines(files) }
  }
}

// skyquant inspect: what a model file holds, from headers alone.
import ArgumentParser
import ModelFiles
import Reports
import Safetensors
import Workflows

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what a model consists of.",
    usage: "skyquant inspect [<options>] <path>",
    discussion: """
      Reads headers only, so that a 70 GB checkpoint answers at once. PATH is a checkpoint directory, quantized or not, a \
      .skyq file, or one safetensors file. Directories with safetensors files of any other architecture or quantization are \
      listed, too. A repository in the Hugging Face cache (models--OWNER--NAME) stands for its current snapshot.

      Examples:
        skyquant inspect model.skyq
        skyquant inspect R1V3-38B-awq --tensors '*.layers.0.*'
        skyquant inspect R1V3-38B-awq --provenance
      """)

  @Argument(help: "Checkpoint directory, .skyq file or safetensors file.", completion: .file())
  var path: String

  @Option(
    help: ArgumentHelp(
      "List the tensors whose name matches, instead of the summary ('*' lists all).", valueName: "pattern"))
  var tensors: NamePattern?

  @Flag(help: "Show how the model was quantized: recipe, calibration files, and with --json what it cost each linear.")
  var provenance = false

  @Option(
    help: ArgumentHelp("Write every int4 linear, decoded to F32, to this safetensors file.", valueName: "file"),
    completion: .file())
  var dumpWeights: String?

  @Flag(help: "Replace an existing file of --dump-weights.")
  var force = false

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard !provenance || (tensors == nil && dumpWeights == nil && !path.hasSuffix(".safetensors")) else {
      throw ValidationError("--provenance is about a whole model; leave out --tensors and --dump-weights")
    }
  }

  func run() throws {
    if path.hasSuffix(".safetensors") {
      return try show(TensorTable(shard: SafetensorsFile(path: path), matching: tensors))
    }
    if let dumpWeights {
      return try Extraction(model: path, overwrites: force).decodedLinears(into: dumpWeights)
    }
    if provenance {
      let text = ProvenanceText(try ModelProvenance(ModelFile.open(path)), path: path)
      return try output.print(text.json, styled: text.lines)
    }
    let listing = try ModelListing.open(path)
    if tensors != nil { return try show(TensorTable(listing, matching: tensors)) }
    guard let model = listing.model else {
      let text = ListingText(listing)
      return try output.print(text.json, styled: text.lines(width: StandardOutput.columnCount))
    }
    let summary = SummaryText(ModelSummary(model))
    try output.print(summary.json, styled: summary.lines(width: StandardOutput.columnCount))
  }

  private func show(_ table: TensorTable) throws {
    try output.print(table.json, styled: table.lines(width: StandardOutput.columnCount))
  }
}

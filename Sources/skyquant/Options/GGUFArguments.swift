// What `export --to gguf` can be told of types.
import ArgumentParser
import GGUFExport

/// Choices that only GGUF files have.
struct GGUFArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How int4 linears are stored; q4_1 by default.",
      discussion: """
        q4_1 keeps codes and scales, at 5 bits a weight. q4_k keeps codes and writes scales as multiples of 6 bits, at \
        4.5 bits; linears whose rows are not whole blocks of 256, or would lose more than 2 % of the rounding's own \
        error, stay Q4_1.
        """, valueName: "type"))
  var linearType: GGUFOptions.LinearType?

  @Option(
    help: ArgumentHelp("How embeddings and output head are stored; as they are by default.", valueName: "type"))
  var embeddingsType: GGUFOptions.MatrixType?

  @Option(
    help: ArgumentHelp("How matrices of vision tower and projector are stored; f16 by default.", valueName: "type"))
  var mmprojType: GGUFOptions.MatrixType?

  @Option(
    help: ArgumentHelp(
      "Where the class token's row of the table of positions stands; llamacpp by default.",
      discussion: """
        llamacpp puts it last, where llama.cpp looks for it; hf first, as llama.cpp's own converter does, so that every \
        patch gets its neighbour's position.
        """, valueName: "order"))
  var mmprojPosition: GGUFOptions.PositionLayout?

  @Flag(help: "Write the language model of a vision-language model alone, to a .gguf file.")
  var textOnly = false

  /// Whether any of them is given.
  var areGiven: Bool { linearType != nil || embeddingsType != nil || isVisionGiven || textOnly }

  private var isVisionGiven: Bool { mmprojType != nil || mmprojPosition != nil }

  func validate() throws {
    guard !textOnly || !isVisionGiven else {
      throw ValidationError("--text-only writes no vision tower; leave out --mmproj-type and --mmproj-position")
    }
  }

  /// The choices, with defaults for what was not given.
  var options: GGUFOptions {
    var options = GGUFOptions()
    options.linears = linearType ?? options.linears
    options.embeddings = embeddingsType
    options.mmproj = mmprojType ?? options.mmproj
    options.positions = mmprojPosition ?? options.positions
    return options
  }
}

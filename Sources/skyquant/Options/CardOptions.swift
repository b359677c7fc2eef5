// The model card that a measurement is written into.
import ArgumentParser
import ModelCards
import Workflows

struct CardOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Also write the numbers into the model card of this directory.",
      discussion: """
        It must be one of the models, or what one of them was packed from, and README.md in it one that quantize wrote; \
        only the section between the markers of this command is replaced.
        """, valueName: "dir"), completion: .directory)
  var card: String?

  /// The section to write, if one is wanted, looked for before the work.
  func update(_ section: CardSection, of models: [String], _ progress: inout Progress) throws -> CardUpdate? {
    try card.map { try CardUpdate($0, section, of: models) { progress.show($0) } }
  }
}

// The page for people that some commands write beside what they print.
import ArgumentParser
import Workflows

struct PageOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Also write one page to show: numbers, charts and pictures in a single HTML file without scripts.",
      valueName: "file"), completion: .file(extensions: ["html"]))
  var html: String?

  /// Where it goes, if one is wanted.
  func file(overwriting: Bool) -> PageFile? { html.map { PageFile($0, overwrites: overwriting) } }
}

// Which questions or texts a model is calibrated on or compared by.
import ArgumentParser
import Workflows

struct SampleOptions: ParsableArguments {
  @Option(help: "Plain text, cut into windows, instead of questions.")
  var text: String?

  @Option(help: "Tokens of a window of --text.")
  var window = SampleSource.defaultWindow

  @Option(help: "Use only the first N questions or windows.")
  var samples: Int?

  @Option(
    help: ArgumentHelp(
      "Read no picture from outside this directory, wherever paths and links of the questions lead.", valueName: "dir"))
  var imagesRoot: String?

  func validate() throws {
    guard (2...1 << 20).contains(window) else { throw ValidationError("--window must be at least 2") }
    guard imagesRoot != "" else { throw ValidationError("--images-root must name a directory") }
    guard imagesRoot == nil || text == nil else { throw ValidationError("--text has no pictures for --images-root") }
    if let samples, samples < 1 { throw ValidationError("--samples must be at least 1") }
  }

  /// The samples of a questions file, or of --text.
  func source(questions: String?) -> SampleSource {
    let origin: SampleSource.Origin =
      questions.map { .questions(path: $0) } ?? text.map { .text(path: $0) } ?? .nothing
    return SampleSource(origin, window: window, limit: samples, imagesRoot: imagesRoot)
  }
}

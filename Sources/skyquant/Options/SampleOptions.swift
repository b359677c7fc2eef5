// Which questions or texts a model is calibrated on or compared by.
import ArgumentParser
import Workflows

struct SampleOptions: ParsableArguments {
  @Option(help: "Plain text, cut into windows, instead of questions.")
  var text: String?

  @Option(help: "Tokens of a window of --text (default: \(SampleSource.defaultWindow)).")
  var window: Int?

  @Option(help: "Use only the first N questions or windows.")
  var samples: Int?

  @Option(
    help: ArgumentHelp(
      "Read no picture from outside this directory, wherever paths and links of the questions lead.", valueName: "dir"))
  var imagesRoot: String?

  func validate() throws {
    let windows = SampleSource.windows
    guard windows.contains(window ?? windows.lowerBound) else {
      throw ValidationError("--window must be from \(windows.lowerBound) to \(windows.upperBound)")
    }
    guard imagesRoot != "" else { throw ValidationError("--images-root must name a directory") }
    guard imagesRoot == nil || text == nil else { throw ValidationError("--text has no pictures for --images-root") }
    if let samples, samples < 1 { throw ValidationError("--samples must be at least 1") }
  }

  /// `source` but for what was given here: the samples of a questions file, or of --text.
  func applied(to source: SampleSource = SampleSource(), questions: String?) -> SampleSource {
    SampleSource(
      questions.map { .questions(path: $0) } ?? text.map { .text(path: $0) } ?? source.origin,
      window: window ?? source.window, limit: samples ?? source.limit, imagesRoot: imagesRoot)
  }
}

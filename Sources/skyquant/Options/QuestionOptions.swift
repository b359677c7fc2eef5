// What a model is asked, and how questions become prompts.
import ArgumentParser
import ModelInputs
import Workflows

struct SampleOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Plain text, cut into windows, instead of questions.", valueName: "file"), completion: .file())
  var text: String?

  @Option(help: ArgumentHelp("Tokens of a window of --text (default: \(SampleSource.defaultWindow)).", valueName: "n"))
  var window: Int?

  @Option(help: ArgumentHelp("Use only the first N questions or windows.", valueName: "n"))
  var samples: Int?

  @Option(
    help: ArgumentHelp(
      "Read no picture from outside this directory, wherever paths and links of the questions lead.", valueName: "dir"),
    completion: .directory)
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

struct PromptOptions: ParsableArguments {
  @Option(help: "System text (default: the config's system_message, else the template's).")
  var system: String?

  @Option(
    help: ArgumentHelp(
      """
      Conversation template (default: config.json's; a text model's own chat_template; else what its vocabulary tells).
      """,
      discussion: "\(PromptTemplate.names.joined(separator: ", ")), the last of them the model's own chat_template.",
      valueName: "name"), completion: .list(PromptTemplate.names))
  var template: String?

  @Flag(inversion: .prefixedNo, help: "Start the answer with <think> (default: by template).")
  var think: Bool?

  var settings: PromptSettings { applied(to: PromptSettings()) }

  /// `settings` but for what was given here.
  func applied(to settings: PromptSettings) -> PromptSettings {
    var settings = settings
    settings.template = template ?? settings.template
    settings.system = system ?? settings.system
    settings.thinks = think ?? settings.thinks
    return settings
  }
}

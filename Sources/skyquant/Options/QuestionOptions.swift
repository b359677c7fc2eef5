// What a model is asked, how questions become prompts, and how answers are drawn.
import ArgumentParser
import ModelInputs
import ReferenceModel
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
    PromptSettings(
      template: template ?? settings.template, system: system ?? settings.system, thinks: think ?? settings.thinks)
  }
}

struct GenerationOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Most tokens to produce.", valueName: "n"))
  var maxTokens = AnswerRun.defaultMaxTokens

  @Option(help: ArgumentHelp("0 is greedy; the authors of Skywork-R1V use 0.6.", valueName: "t"))
  var temperature = 0.0

  @Option(help: ArgumentHelp("Sample among the K likeliest tokens only; 0 for all.", valueName: "k"))
  var topK = 50

  @Option(help: ArgumentHelp("Sample among the likeliest tokens that make up this probability.", valueName: "p"))
  var topP = 1.0

  @Option(help: ArgumentHelp("Divide the scores of tokens already produced by this.", valueName: "factor"))
  var repetitionPenalty = 1.0

  @Option(help: ArgumentHelp("Seed of the sampling; the same seed gives the same answer.", valueName: "number"))
  var seed: UInt64 = 0

  func validate() throws {
    guard maxTokens >= 0 else { throw ValidationError("--max-tokens must not be negative") }
    guard temperature >= 0, temperature.isFinite else { throw ValidationError("--temperature must not be negative") }
    guard topP > 0, topP <= 1 else { throw ValidationError("--top-p must be above 0 and at most 1") }
    guard topK >= 0 else { throw ValidationError("--top-k must not be negative") }
    guard repetitionPenalty > 0 else { throw ValidationError("--repetition-penalty must be positive") }
  }

  /// What was asked for.
  var sampling: SamplingOptions {
    SamplingOptions(
      temperature: temperature, topK: topK > 0 ? topK : nil, topP: topP, repetitionPenalty: repetitionPenalty,
      seed: seed)
  }
}

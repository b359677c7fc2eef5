// How `run` makes answers: by a preset, or setting by setting.
import ArgumentParser
import ReferenceModel
import Workflows

struct GenerationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Answer as the authors of Skywork-R1V do; the options below override single settings.",
      discussion: """
        authors-transformers, authors-vllm: as their two inference scripts; authors-eval: as in their evaluation.
        """, valueName: "name"))
  var preset: AnswerPreset?

  @Option(
    help: ArgumentHelp(
      "Most tokens to produce (default: \(AnswerSettings.defaultMaxTokens), or the preset's).", valueName: "n"))
  var maxTokens: Int?

  @Option(
    help: ArgumentHelp("0 is greedy (default: 0, or the preset's).", valueName: "t"))
  var temperature: Double?

  @Option(
    help: ArgumentHelp(
      "Sample among the K likeliest tokens only; 0 for all (default: 50, or the preset's).", valueName: "k"))
  var topK: Int?

  @Option(
    help: ArgumentHelp(
      "Sample among the likeliest tokens that make up this probability (default: 1, or the preset's).", valueName: "p"))
  var topP: Double?

  @Option(
    help: ArgumentHelp(
      "Divide the scores of tokens already produced by this (default: 1, or the preset's).", valueName: "factor"))
  var repetitionPenalty: Double?

  @Option(help: ArgumentHelp("Seed of the sampling; the same seed gives the same answer.", valueName: "number"))
  var seed: UInt64 = 0

  func validate() throws {
    guard maxTokens ?? 0 >= 0 else { throw ValidationError("--max-tokens must not be negative") }
    guard (temperature ?? 0) >= 0, (temperature ?? 0).isFinite else {
      throw ValidationError("--temperature must not be negative")
    }
    guard (topP ?? 1) > 0, (topP ?? 1) <= 1 else { throw ValidationError("--top-p must be above 0 and at most 1") }
    guard topK ?? 0 >= 0 else { throw ValidationError("--top-k must not be negative") }
    guard (repetitionPenalty ?? 1) > 0, (repetitionPenalty ?? 1).isFinite else {
      throw ValidationError("--repetition-penalty must be positive")
    }
  }

  /// What was asked for.
  var settings: AnswerSettings {
    var settings = preset?.settings ?? AnswerSettings()
    if let maxTokens { settings.maxTokens = maxTokens }
    if let temperature { settings.sampling.temperature = temperature }
    if let topK { settings.sampling.topK = topK > 0 ? topK : nil }
    if let topP { settings.sampling.topP = topP }
    if let repetitionPenalty { settings.sampling.repetitionPenalty = repetitionPenalty }
    settings.sampling.seed = seed
    return settings
  }
}

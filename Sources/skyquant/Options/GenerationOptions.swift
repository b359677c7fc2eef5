// How answers are produced, token by token.
import ArgumentParser
import ReferenceModel
import Workflows

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

// How an evaluation asks: what belongs to its numbers as much as the models do.
public import Benchmarks

/// How an answer comes about.
public enum EvaluationMode: String, Sendable, CaseIterable {
  /// The model writes it.
  case generate
  /// The letter that is likeliest where an answer without reasoning would stand. Nothing is written: a cheap comparison
  /// of models, and no benchmark's score.
  case choiceLogits = "choice-logits"
}

/// How tokens are drawn where an answer is not the likeliest token at every step.
public struct AnswerSampling: Sendable, Equatable {
  public var temperature: Double
  /// Nil keeps all tokens.
  public var topK: Int?
  public var topP: Double
  public var repetitionPenalty: Double

  public init(temperature: Double, topK: Int?, topP: Double, repetitionPenalty: Double) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.repetitionPenalty = repetitionPenalty
  }
}

/// How questions were put and answered.
public struct EvaluationSettings: Sendable, Equatable {
  /// How answers came about.
  public var mode: EvaluationMode
  /// How prompts became one string.
  public var layout: PromptLayout
  /// What was asked for as an answer, in the place of the benchmarks' own words.
  public var instruction: String?
  /// The conversation template, by name; nil for each model's own.
  public var template: String?
  /// The system text; nil for the benchmark's, else the model's.
  public var system: String?
  /// Whether answers were to begin with thinking; nil leaves it to the template.
  public var thinks: Bool?
  /// Most tokens of an answer.
  public var maxTokens: Int
  /// How tokens were drawn; nil for greedy answers.
  public var sampling: AnswerSampling?
  /// Answers to each row.
  public var samples: Int
  /// Most rows of a benchmark; nil for all.
  public var limit: Int?
  /// Which rows those are, and how answers were drawn.
  public var seed: UInt64
  /// Whether words such as `None` counted as options.
  public var keepsMissingWords: Bool
  /// What multiplied matrices.
  public var numericMode: String

  /// Settings.
  public init(
    mode: EvaluationMode = .generate, layout: PromptLayout, instruction: String?, template: String?, system: String?,
    thinks: Bool?, maxTokens: Int, sampling: AnswerSampling? = nil, samples: Int = 1, limit: Int?, seed: UInt64,
    keepsMissingWords: Bool, numericMode: String
  ) {
    self.mode = mode
    self.layout = layout
    self.instruction = instruction
    self.template = template
    self.system = system
    self.thinks = thinks
    self.maxTokens = maxTokens
    self.sampling = sampling
    self.samples = samples
    self.limit = limit
    self.seed = seed
    self.keepsMissingWords = keepsMissingWords
    self.numericMode = numericMode
  }
}

// How an answer is made: what is drawn, how long, and where pictures stand in the question.
internal import JSON
internal import ModelInputs
public import ReferenceModel

/// How an answer is made.
public struct AnswerSettings: Sendable, Equatable {
  /// Where the settings come from; nil if from nobody but the user.
  public internal(set) var preset: AnswerPreset?
  /// How tokens are drawn.
  public var sampling = SamplingOptions(temperature: 0)
  /// Most tokens to produce.
  public var maxTokens = defaultMaxTokens
  /// Where pictures stand in the question.
  public var images = ImagePlacement.unlessWritten
  /// Whether the model's own chat_template comes before what config.json says of its conversation.
  public var prefersOwnTemplate = false

  /// `maxTokens` unless something else is asked for.
  public static let defaultMaxTokens = 1024

  /// Greedy answers of `defaultMaxTokens`.
  public init() {}

  /// `prompt` as these settings have it.
  func applied(to prompt: PromptSettings) -> PromptSettings {
    var prompt = prompt
    prompt.prefersOwnTemplate = prefersOwnTemplate
    prompt.keepsFurtherPlaceholders = images == .always
    return prompt
  }

  /// All of them for programs.
  /// - Parameter template: The conversation template that was taken; nil for plain text.
  func json(template: String?) -> JSONValue {
    [
      "preset": preset.map { JSONValue.string($0.rawValue) } ?? .null, "temperature": .double(sampling.temperature),
      "top_k": sampling.topK.map(JSONValue.integer) ?? .null, "top_p": .double(sampling.topP),
      "repetition_penalty": .double(sampling.repetitionPenalty),
      "penalized": .string(sampling.penalizesPrompt ? "prompt and answer" : "answer"),
      "seed": .string(String(sampling.seed)), "max_tokens": .integer(maxTokens), "images": .string(images.rawValue),
      "template": template.map(JSONValue.string) ?? .null,
    ]
  }
}

/// Where `<image>` stands in a question with pictures. The chat template wants one for each picture.
public enum ImagePlacement: String, Sendable {
  /// A line for each picture in front of the question, unless it has a placeholder itself.
  case unlessWritten = "in front unless written"
  /// A line for each picture in front of the question, whatever it says; a placeholder of its own is text then.
  case always = "in front always"
  /// A line for each picture in front of the question, unless it begins with such a line.
  case unlessFirst = "in front unless first"
  /// In front of the question a line for each picture that it lacks a placeholder for.
  case missing = "missing ones in front"

  private static let placeholder = "<image>"

  /// The question with placeholders; plain text stays as it is.
  func placed(in question: Question) -> Question {
    guard !question.isPlainText else { return question }
    let line = Self.placeholder + "\n"
    let count =
      switch self {
      case .unlessWritten: 0  // the templates' own rule
      case .always: question.images.count
      case .unlessFirst: question.text.hasPrefix(line) ? 0 : question.images.count
      case .missing: max(0, question.images.count - question.text.ranges(of: Self.placeholder).count)
      }
    var placed = question
    placed.text = String(repeating: line, count: count) + question.text
    return placed
  }
}

// What a model wrote, and the part of it that is the answer.

/// The text a model generated for a question.
public struct ModelAnswer: Sendable, Equatable {
  /// The text, special tokens left out.
  public var text: String
  /// Whether the prompt already ended with `<think>`, so that the text begins inside the reasoning.
  public var opensThinking: Bool
  /// Whether generation ended because the token limit was reached.
  public var isTruncated: Bool

  /// An answer.
  public init(_ text: String, opensThinking: Bool = false, isTruncated: Bool = false) {
    self.text = text
    self.opensThinking = opensThinking
    self.isTruncated = isTruncated
  }

  /// Whether `prompt` ends inside reasoning, so that an answer begins there: with `<think>` and perhaps white space.
  public static func isOpened(by prompt: String) -> Bool { prompt.trimmed.ends(exactly: "<think>") }

  /// What follows the last `</think>`, trimmed; the whole text if nothing was thought; nil if the thinking
  /// never ended.
  public var finalText: String? {
    if let rest = text.behindLast("</think>") { return rest.trimmed }
    return opensThinking || text.contains(exactly: "<think>") ? nil : text.trimmed
  }
}

/// What became of an answer on its way to a score.
public enum AnswerState: String, Sendable, CaseIterable {
  /// The rule read an answer out of it.
  case extracted
  /// The rule could read nothing out of it.
  case none
  /// Nothing but white space, behind the reasoning if there is any.
  case empty
  /// The reasoning never ended; nothing was looked for.
  case unfinished
}

/// The step of rule v1 that read an answer, as Formats/evaluation.md names it.
public enum ExtractionStep: String, Sendable {
  /// The last `\boxed{}`.
  case boxed
  /// The last `<answer>`.
  case tag
  /// The last "answer is", "option", "choice:" and the like.
  case phrase
  /// The whole text, or a line that is nothing else.
  case line
  /// An option's text, or a word, inside the text.
  case content
}

/// What rule v1 reads out of an answer.
public struct Extraction: Sendable, Equatable {
  /// Whether something was read.
  public let state: AnswerState
  /// Whether the token limit was hit, which may have cost the answer.
  public let isTruncated: Bool
  /// What was read, in one form for all that mean the same: `B`, `A, C`, `Yes`, `3.5`, folded text.
  public let answer: String?
  /// How it was read.
  public let step: ExtractionStep?
  /// The piece of the text that it was read from; scores of numbers look at it.
  let source: String?

  init(_ reading: Reading, isTruncated: Bool) {
    state = .extracted
    self.isTruncated = isTruncated
    answer = reading.answer
    step = reading.step
    source = reading.source
  }

  init(_ state: AnswerState, isTruncated: Bool) {
    self.state = state
    self.isTruncated = isTruncated
    (answer, step, source) = (nil, nil, nil)
  }
}

/// An answer as one step read it.
struct Reading: Equatable {
  var answer: String
  var step: ExtractionStep
  var source: String
}

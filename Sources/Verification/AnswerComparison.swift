// What both models say, side by side.

/// One question with the answers of both models.
public struct AnswerPair: Sendable, Equatable {
  /// The sample that asks it, counted from 1.
  public var sample: Int
  /// The question as asked.
  public var question: String
  /// Label of the question, if it has one.
  public var kind: String?
  /// The right answer, if known.
  public var expected: String?
  /// What the reference says.
  public var reference: String
  /// What the quantized model says.
  public var quantized: String

  /// A pair of answers.
  public init(
    sample: Int, question: String, kind: String?, expected: String?, reference: String, quantized: String
  ) {
    self.sample = sample
    self.question = question
    self.kind = kind
    self.expected = expected
    self.reference = reference
    self.quantized = quantized
  }
}

/// How often answers are right, and how often they changed.
public struct AnswerSummary: Sendable, Equatable {
  /// All pairs, in order of the questions.
  public var pairs: [AnswerPair]
  /// Whether prompts end inside reasoning, so that an answer that does not end it is none.
  public var opensThinking = false

  /// Summarises `pairs`.
  public init(_ pairs: [AnswerPair]) { self.pairs = pairs }

  /// Pairs whose right answer is known.
  public var knownCount: Int { pairs.count { $0.expected != nil } }
  /// Answers of the reference that mean the right one.
  public var referenceCorrect: Int { correct(\.reference) }
  /// Answers of the quantized model that mean the right one.
  public var quantizedCorrect: Int { correct(\.quantized) }
  /// Answers of the reference that are the right one to the letter.
  public var referenceEqual: Int { pairs.count { $0.expected == $0.reference } }
  /// Answers of the quantized model that are the right one to the letter.
  public var quantizedEqual: Int { pairs.count { $0.expected == $0.quantized } }
  /// Answers that differ between the models.
  public var changedCount: Int { pairs.count { $0.reference != $0.quantized } }

  /// Whether `said` means what is right in `pair`; nil if that is not known.
  public func isRight(_ said: String, in pair: AnswerPair) -> Bool? {
    pair.expected.map { AnswerMeaning($0).isMeant(by: said, opensThinking: opensThinking) }
  }

  private func correct(_ said: (AnswerPair) -> String) -> Int { pairs.count { isRight(said($0), in: $0) == true } }
}

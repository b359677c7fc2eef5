// What a model said, counted.
public import Benchmarks

/// An answer to a row.
public struct GivenAnswer: Sendable, Equatable {
  /// What was said.
  public var answer: ModelAnswer
  /// Tokens of it; nil where it was made elsewhere.
  public var tokenCount: Int?

  /// An answer.
  public init(_ answer: ModelAnswer, tokenCount: Int?) {
    self.answer = answer
    self.tokenCount = tokenCount
  }
}

/// What became of a model's answers to a benchmark.
public struct AnswerCounts: Sendable, Equatable {
  /// All of them.
  public let count: Int
  /// How many are in each state.
  public let states: [AnswerState: Int]
  /// How many hit the limit of tokens, whatever their state.
  public let truncated: Int
  /// Mean of their numbers of tokens; nil where that is not known.
  public let meanTokens: Double?
  /// The smallest number of tokens that at least 95 % of the answers do not exceed; nil where that is not known.
  public let p95Tokens: Int?

  /// Counts answers.
  /// - Parameter tokens: Tokens of each answer, as far as they are known.
  init(_ sheet: ScoreSheet, tokens: [Int?]) {
    count = sheet.outcomes.count
    states = Dictionary(uniqueKeysWithValues: AnswerState.allCases.map { ($0, sheet.count($0)) })
    truncated = sheet.truncatedCount
    let known = tokens.compactMap(\.self).sorted()
    guard !known.isEmpty, known.count == tokens.count else {
      (meanTokens, p95Tokens) = (nil, nil)
      return
    }
    meanTokens = Double(known.reduce(0, +)) / Double(known.count)
    p95Tokens = known[(95 * known.count + 99) / 100 - 1]
  }
}

// What a model said, counted.
public import Benchmarks

/// An answer to a row.
public struct GivenAnswer: Sendable, Equatable {
  /// What was said.
  public var answer: ModelAnswer
  /// Tokens of it; nil where it was made elsewhere.
  public var tokenCount: Int?
  /// Natural logarithms of the probabilities of the row's letters, where these were asked for.
  public var letters: [String: Double]?

  /// An answer.
  public init(_ answer: ModelAnswer, tokenCount: Int?, letters: [String: Double]? = nil) {
    self.answer = answer
    self.tokenCount = tokenCount
    self.letters = letters
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
  init(_ sheets: [ScoreSheet], tokens: [Int?]) {
    count = sheets.reduce(0) { $0 + $1.outcomes.count }
    states = Dictionary(
      uniqueKeysWithValues: AnswerState.allCases.map { state in (state, sheets.reduce(0) { $0 + $1.count(state) }) })
    truncated = sheets.reduce(0) { $0 + $1.truncatedCount }
    let known = tokens.compactMap(\.self).sorted()
    guard !known.isEmpty, known.count == tokens.count else {
      (meanTokens, p95Tokens) = (nil, nil)
      return
    }
    meanTokens = Double(known.reduce(0, +)) / Double(known.count)
    p95Tokens = known[(95 * known.count + 99) / 100 - 1]
  }
}

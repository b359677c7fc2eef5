// How much nearer to the original one candidate is than another, on the very same tokens: their errors have much in
// common, which a difference of two means leaves in and a mean of differences takes out. Formulas: Formats/report.md.
internal import Glibc

/// Two candidates on one class of tokens: what is said of the second, less what is said of the first.
public struct TokenDifference: Sendable, Equatable {
  /// Positions.
  public var count: Int
  /// Difference of the KL divergences in nats; below 0 if the second is nearer to the reference.
  public var divergence: Estimate
  /// Difference of the shares of positions with the reference's first choice; above 0 if the second has more.
  public var sameTop: Estimate
  /// Perplexity of the second divided by that of the first.
  public var perplexityRatio: Estimate

  /// Compares the same positions of two candidates; nil if there are none.
  init?(_ first: [TokenStatistics], _ second: [TokenStatistics]) {
    precondition(first.count == second.count, "the same tokens")
    guard !first.isEmpty else { return nil }
    let pairs = Array(zip(first, second)), samples = first.map(\.sample)
    count = pairs.count
    divergence = Estimate(pairs.map { $1.divergence - $0.divergence }, clusters: samples)
    sameTop = Estimate(pairs.map { ($1.hasSameTop ? 1 : 0) - ($0.hasSameTop ? 1 : 0) }, clusters: samples)
    let losses = pairs.compactMap { first, second -> (loss: Double, sample: Int)? in
      guard let before = first.quantizedLogProbability, let after = second.quantizedLogProbability else { return nil }
      return (before - after, first.sample)
    }
    let loss = Estimate(losses.map(\.loss), clusters: losses.map(\.sample))
    perplexityRatio = Estimate(mean: exp(loss.mean), standardError: exp(loss.mean) * loss.standardError)
  }
}

extension Estimate {
  /// Whether zero lies more than two standard errors away; never of what is no number.
  public var isTold: Bool { abs(mean) > 2 * standardError && mean.isFinite }
}

/// Two candidates' answers to the questions whose right answer is known.
public struct AnswerDifference: Sendable, Equatable {
  /// Answers that the first has right and the second wrong.
  public var rightToWrong = 0
  /// Answers that the first has wrong and the second right.
  public var wrongToRight = 0
  /// Answers that differ to the letter, also where nobody knows what is right.
  public var changed = 0

  /// Compares answers to the same questions.
  init(_ first: AnswerSummary, _ second: AnswerSummary) {
    for (before, after) in zip(first.pairs, second.pairs) {
      if before.quantized != after.quantized { changed += 1 }
      switch (first.isRight(before.quantized, in: before), second.isRight(after.quantized, in: after)) {
      case (true, false): rightToWrong += 1
      case (false, true): wrongToRight += 1
      default: break
      }
    }
  }
}

/// A candidate less another one.
public struct CandidateDifference: Sendable {
  /// Number of the one that is compared with, from 0.
  public let baseline: Int
  /// Number of the other one.
  public let candidate: Int
  /// All tokens.
  public let overall: TokenDifference
  /// Per class, in the order image, prompt, answer; classes without tokens are left out.
  public let classes: [(tokenClass: TokenClass, difference: TokenDifference)]
  /// Answers, if they were generated.
  public let answers: AnswerDifference?

  /// Candidate `candidate` less candidate `baseline` of what was found; nil if there are no tokens.
  init?(_ baseline: Int, _ candidate: Int, _ results: [ComparisonResult], _ reports: [VerificationReport]) {
    let (first, second) = (results[baseline].tokens, results[candidate].tokens)
    guard let overall = TokenDifference(first, second) else { return nil }
    self.baseline = baseline
    self.candidate = candidate
    self.overall = overall
    let classes: [(tokenClass: TokenClass, difference: TokenDifference)] = TokenClass.allCases.compactMap { kind in
      TokenDifference(first.filter { $0.tokenClass == kind }, second.filter { $0.tokenClass == kind }).map {
        (kind, $0)
      }
    }
    self.classes = classes
    if let before = reports[baseline].answers, let after = reports[candidate].answers {
      answers = AnswerDifference(before, after)
    } else {
      answers = nil
    }
  }

  /// The difference on the tokens of `scope`.
  public func tokens(_ scope: TokenScope) -> TokenDifference? {
    switch scope {
    case .all: overall
    case .only(let tokenClass): classes.first { $0.tokenClass == tokenClass }?.difference
    }
  }
}

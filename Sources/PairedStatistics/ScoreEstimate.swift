// One model's score, and what is known of it and of a loss when some answers could not be extracted.

/// A mean score with Wilson's interval.
public struct ScoreEstimate: Sendable, Equatable {
  /// Mean score, in 0…1; 0 without decisions.
  public let score: Double
  /// 95 % interval.
  public let interval: Interval
  /// Number of decisions.
  public let count: Int
  /// How many independent decisions they are worth: fewer than `count` where decisions of one cluster are
  /// right together.
  public let effectiveCount: Double

  /// The estimate of `values`, each in 0…1.
  ///
  /// With clusters, Wilson's formula gets the number of independent decisions that have the standard error
  /// found, at most `count`. Where all are right or all are wrong, no such number can be found, and each
  /// cluster counts as one decision.
  /// - Parameter clusters: Equal numbers for decisions that depend on each other; by default each is alone.
  public init(_ values: [Double], clusters: [Int]? = nil) {
    let sample = PairedSample(
      original: values, candidate: Array(repeating: 0, count: values.count), clusters: clusters)
    count = values.count
    let mean = count > 0 ? values.reduce(0, +) / Double(count) : 0
    score = mean
    if sample.clusterCount == count {
      effectiveCount = Double(count)
    } else {
      let squares = sample.clusterSums.reduce(0) { sum, cluster in
        let residual = cluster.loss - mean * Double(cluster.count)
        return sum + residual * residual
      }
      let variance = squares / Double(count * count)
      effectiveCount =
        variance > 0 ? min(Double(count), mean * (1 - mean) / variance) : Double(sample.clusterCount)
    }
    interval = .wilson(successes: min(effectiveCount, score * effectiveCount), count: effectiveCount)
  }
}

/// Where a score lies whatever the answers that no rule could read were.
public struct ExtractionBounds: Sendable, Equatable {
  /// The score if every answer that could not be read was wrong, and if every one was right.
  public let score: Interval

  /// Bounds of one model. Nil stands for an answer that could not be read.
  public init(_ values: [Double?]) {
    let known = values.reduce(0) { $0 + ($1 ?? 0) }
    let unread = Double(values.count { $0 == nil }), count = Double(max(1, values.count))
    score = values.isEmpty ? Interval(0, 1) : Interval(known / count, (known + unread) / count)
  }

  /// Bounds of the loss between two models on the same decisions: from all unread answers of the original
  /// wrong and all of the candidate right, to the reverse. −1…1 without decisions.
  public static func loss(original: [Double?], candidate: [Double?]) -> Interval {
    precondition(original.count == candidate.count, "one score of each model for each decision")
    guard !original.isEmpty else { return Interval(-1, 1) }
    let before = ExtractionBounds(original).score, after = ExtractionBounds(candidate).score
    return Interval(before.lower - after.upper, before.upper - after.lower)
  }
}

/// How often two models say the same.
public struct Agreement: Sendable, Equatable {
  /// Answers that are equal.
  public let equal: Int
  /// Answers compared.
  public let count: Int
  /// Wilson's 95 % interval of the share; see `ScoreEstimate` for answers that depend on each other.
  public let interval: Interval

  /// Compares answers position by position; answers that could not be read (nil) are equal to none, not even
  /// to each other.
  /// - Parameter clusters: Equal numbers for answers that depend on each other; by default each is alone.
  public init<Answer: Equatable>(_ original: [Answer?], _ candidate: [Answer?], clusters: [Int]? = nil) {
    precondition(original.count == candidate.count, "one answer of each model for each decision")
    let isEqual = zip(original, candidate).map { $0 != nil && $0 == $1 }
    equal = isEqual.count { $0 }
    count = original.count
    interval = ScoreEstimate(isEqual.map { $0 ? 1 : 0 }, clusters: clusters).interval
  }

  /// Share of equal answers; 0 without any.
  public var share: Double { count > 0 ? Double(equal) / Double(count) : 0 }
}

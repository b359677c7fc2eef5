// How often an original contradicts itself: flips that say nothing of a candidate.
internal import Benchmarks
public import PairedStatistics

/// The original against itself, computed in another way.
public struct FlipFloor: Sendable, Equatable {
  /// What was different: `batches of 8`, `OpenBLAS 0.3.21 SkylakeX, …`.
  public let change: String
  /// Answers compared.
  public let count: Int
  /// Answers that are another text.
  public let differingCount: Int
  /// Answers that are read otherwise.
  public let changedCount: Int
  /// Decisions of the first metric by which of both has them right; nil where no row can be scored by rule.
  public let decisions: PairedCounts?

  init(_ change: String, answers: [[GivenAnswer]], again: [[GivenAnswer]], loss: ModelLoss) {
    self.change = change
    count = answers.reduce(0) { $0 + $1.count }
    differingCount = zip(answers.joined(), again.joined()).count { $0.answer.text != $1.answer.text }
    changedCount = loss.changed.count
    decisions = loss.metrics.first?.counts
  }
}

// What two models scored on the same rows.

/// Scores of an original and a candidate on the same decisions, in the same order.
///
/// A decision is what a benchmark counts: a row, a group of rotated rows, a problem of several steps. Its
/// score is 0 or 1, 0.5 where a benchmark gives half a point, or the mean over several sampled answers.
public struct PairedSample: Sendable, Equatable {
  /// Score of each decision by the original, in 0…1.
  public let original: [Double]
  /// Score of each decision by the candidate, in 0…1.
  public let candidate: [Double]
  /// Decisions that share a picture or a problem have the same number; numbers are 0…`clusterCount` − 1.
  public let clusters: [Int]
  public let clusterCount: Int

  /// A sample of as many scores each.
  /// - Parameter clusters: Any numbers, equal for decisions that depend on each other; by default each is
  ///   alone.
  public init(original: [Double], candidate: [Double], clusters: [Int]? = nil) {
    precondition(original.count == candidate.count, "one score of each model for each decision")
    precondition((original + candidate).allSatisfy { (0...1).contains($0) }, "scores lie in 0…1")
    precondition(clusters.map { $0.count == original.count } ?? true, "one cluster for each decision")
    self.original = original
    self.candidate = candidate
    var numbers: [Int: Int] = [:]
    let given = clusters ?? Array(original.indices)
    self.clusters = given.map { cluster in
      let number = numbers[cluster] ?? numbers.count
      numbers[cluster] = number
      return number
    }
    clusterCount = numbers.count
  }

  /// Number of decisions.
  public var count: Int { original.count }

  /// Loss of each decision: positive where the candidate scores less.
  public var losses: [Double] { zip(original, candidate).map { $0 - $1 } }

  /// Whether each decision is right or wrong and stands for itself, as McNemar's test needs it.
  public var isIndependentAndBinary: Bool {
    clusterCount == count && (original + candidate).allSatisfy { $0 == 0 || $0 == 1 }
  }

  /// How many decisions each model has right and wrong; a score of half a point or more counts as right.
  public var counts: PairedCounts {
    var counts = PairedCounts()
    for (before, after) in zip(original, candidate) {
      switch (before >= 0.5, after >= 0.5) {
      case (true, true): counts.bothRight += 1
      case (true, false): counts.rightToWrong += 1
      case (false, true): counts.wrongToRight += 1
      case (false, false): counts.bothWrong += 1
      }
    }
    return counts
  }

  /// For each cluster the number of decisions and the sum of their losses.
  var clusterSums: [(count: Int, loss: Double)] {
    var sums = Array(repeating: (count: 0, loss: 0.0), count: clusterCount)
    for (cluster, loss) in zip(clusters, losses) {
      sums[cluster].count += 1
      sums[cluster].loss += loss
    }
    return sums
  }
}

/// The two-by-two table of a paired comparison.
public struct PairedCounts: Sendable, Equatable {
  /// Right by both models.
  public var bothRight = 0
  /// Right by the original only.
  public var rightToWrong = 0
  /// Right by the candidate only.
  public var wrongToRight = 0
  /// Right by neither.
  public var bothWrong = 0

  public init() {}

  public init(bothRight: Int, rightToWrong: Int, wrongToRight: Int, bothWrong: Int) {
    self.bothRight = bothRight
    self.rightToWrong = rightToWrong
    self.wrongToRight = wrongToRight
    self.bothWrong = bothWrong
  }

  /// Number of decisions.
  public var count: Int { bothRight + rightToWrong + wrongToRight + bothWrong }
  /// Share of decisions that the models score differently; 0 without decisions.
  public var flips: Double { count > 0 ? Double(rightToWrong + wrongToRight) / Double(count) : 0 }
  /// McNemar's test of the two kinds of flips.
  public var test: McNemarTest { McNemarTest(rightToWrong: rightToWrong, wrongToRight: wrongToRight) }

  /// The two tables added cell by cell: one test over several benchmarks.
  public static func + (left: PairedCounts, right: PairedCounts) -> PairedCounts {
    PairedCounts(
      bothRight: left.bothRight + right.bothRight, rightToWrong: left.rightToWrong + right.rightToWrong,
      wrongToRight: left.wrongToRight + right.wrongToRight, bothWrong: left.bothWrong + right.bothWrong)
  }
}

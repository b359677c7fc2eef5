// From scores of rows to the decisions that a benchmark counts.

/// One number that a benchmark reports.
public struct MetricRule: Sendable {
  /// Its name: `accuracy`, `fAcc`, `strict`.
  public var name: String
  /// Which rows are one decision.
  public var unit: RowKey
  /// How their scores become one.
  public var combination: Combination

  /// How scores of the rows of a decision become one.
  public enum Combination: Sendable {
    /// Right if every row is right. With one row a decision, its score.
    case all
    /// The score of the first row.
    case first
    /// WeMath: the row whose `key` ends with `multi` is the problem, the others are its steps. 1 if the
    /// problem is right and all steps (strict) or any (loose) are; 0.5 if all steps are right and the problem
    /// is not; else 0.
    case steps(strict: Bool)
  }

  /// A metric.
  public init(_ name: String, unit: RowKey = .row, _ combination: Combination = .all) {
    self.name = name
    self.unit = unit
    self.combination = combination
  }
}

/// A row with what is needed to count it.
public struct ScoredRow: Sendable {
  /// The row.
  public var row: BenchmarkRow
  /// What tells its pictures from others'.
  public var picture: String?
  /// Its score, 0…1.
  public var score: Double

  /// A scored row.
  public init(row: BenchmarkRow, picture: String?, score: Double) {
    self.row = row
    self.picture = picture
    self.score = score
  }
}

/// What a benchmark counts once.
public struct Decision: Sendable, Equatable {
  /// The key of its rows.
  public var id: String
  /// Positions of its rows among those given.
  public var rows: [Int]
  /// 0, 0.5 or 1; a row's score if it is one row.
  public var score: Double
  /// Number of the cluster; decisions of one depend on each other.
  public var cluster: Int
}

extension MetricRule {
  /// The decisions in the order of their first rows.
  ///
  /// Edge case: a problem of steps that lacks its own row or has no step is left out, since nothing can be
  /// said of it.
  /// - Parameter cluster: What makes decisions depend on each other; the key of a decision's first row
  ///   counts.
  public func decisions(_ rows: [ScoredRow], cluster: RowKey) -> [Decision] {
    var members: [String: [Int]] = [:]
    var order: [String] = []
    for (position, row) in rows.enumerated() {
      let key = unit.key(of: row.row, picture: row.picture)
      if members[key] == nil { order.append(key) }
      members[key, default: []].append(position)
    }
    var clusters: [String: Int] = [:]
    return order.compactMap { id in
      let positions = members[id] ?? []
      guard let score = score(positions.map { rows[$0] }), let first = positions.first else { return nil }
      let key = cluster.key(of: rows[first].row, picture: rows[first].picture)
      let number = clusters[key] ?? clusters.count
      clusters[key] = number
      return Decision(id: id, rows: positions, score: score, cluster: number)
    }
  }

  private func score(_ rows: [ScoredRow]) -> Double? {
    switch combination {
    case .all: return rows.map(\.score).min()
    case .first: return rows.first?.score
    case .steps(let isStrict):
      let isProblem = rows.map { ($0.row["key"] ?? "").hasSuffix("multi") }
      let steps = zip(rows, isProblem).filter { !$1 }.map { $0.0.score == 1 }
      guard let problem = zip(rows, isProblem).first(where: { $1 })?.0, !steps.isEmpty else { return nil }
      let allSteps = steps.allSatisfy { $0 }
      let masters = problem.score == 1 && (isStrict ? allSteps : steps.contains(true))
      return masters ? 1 : problem.score != 1 && allSteps ? 0.5 : 0
    }
  }
}

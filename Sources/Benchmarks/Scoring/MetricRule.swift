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

/// What makes rows belong together.
public indirect enum RowKey: Sendable {
  /// Nothing: every row is alone.
  case row
  /// The same picture; rows without one are alone.
  case picture
  /// The same text in a column.
  case column(String)
  /// The same field of the index between underscores, counted from 0.
  case indexField(Int)
  /// The same index modulo a number; an index that is no number is its own. The column `g_index` wins if it
  /// is there.
  case indexModulo(Int)
  /// The same piece of a column's text in front of a mark.
  case prefix(String, upTo: String)
  /// All of these are the same.
  case all([RowKey])

  /// The key of a row; equal for rows that belong together.
  public func key(of row: BenchmarkRow, picture: String?) -> String {
    switch self {
    case .row: row.index
    case .picture: picture ?? "row " + row.index
    case .column(let column): row[column] ?? ""
    case .indexField(let number):
      row.index.components(separatedBy: "_").dropFirst(number).first ?? ""
    case .indexModulo(let modulus): row["g_index"] ?? Int(row.index).map { String($0 % modulus) } ?? row.index
    case .prefix(let column, let mark): (row[column] ?? "").components(separatedBy: mark)[0]
    case .all(let keys): keys.map { $0.key(of: row, picture: picture) }.joined(separator: "\u{1F}")
    }
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

/// A column that splits a benchmark into groups with scores of their own.
public enum GroupRule: Sendable, Equatable {
  /// One group for each text.
  case column(String)
  /// The cell spells out a list, and the row belongs to each element's group.
  case list(String)

  /// The column's name.
  public var name: String {
    switch self {
    case .column(let name), .list(let name): name
    }
  }

  /// Groups of a row; none if the cell is missing. A cell that is no list is one group.
  public func groups(of row: BenchmarkRow) -> [String] {
    guard let cell = row[name] else { return [] }
    if case .list = self, let texts = try? PythonLiteral(parsing: cell).texts { return texts }
    return [cell]
  }
}

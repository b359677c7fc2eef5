// Which rows belong together: for a decision, for a score of their own, in a sample.
internal import Storage

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

/// Which rows are asked when not all are, for those who cannot wait for all.
public enum RowSample {
  /// Positions of the rows to ask, ascending: whole groups, as many as fit into `limit` rows, but at least
  /// one group.
  ///
  /// Groups come in the order of the SHA-256 of "SEED/KEY", and the first that does not fit ends the choice.
  /// So a seed always chooses alike, whatever the order of the file, and a larger limit chooses the same rows
  /// and more.
  /// - Parameter keys: One for each row; rows of one group have the same.
  public static func rows(keys: [String], limit: Int, seed: UInt64) -> [Int] {
    var members: [String: [Int]] = [:]
    for (position, key) in keys.enumerated() { members[key, default: []].append(position) }
    let groups = members.map { key, rows in
      (order: SHA256Hasher.hash(Array("\(seed)/\(key)".utf8)).description, rows: rows)
    }.sorted { $0.order < $1.order }
    var chosen: [Int] = []
    for group in groups {
      guard chosen.isEmpty || chosen.count + group.rows.count <= limit else { break }
      chosen += group.rows
    }
    return chosen.sorted()
  }
}

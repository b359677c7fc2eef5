// Some of a benchmark's rows, for those who cannot wait for all.
internal import Storage

/// Which rows are asked when not all are.
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

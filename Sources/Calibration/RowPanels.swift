// Rows of a large weight that are taken together where what is made of all of them would take much memory.

internal import Kernels

/// Neighbouring rows.
package enum RowPanels {
  /// Small beside a large weight, and enough to keep all workers busy.
  package static var rows: Int { max(1024, 256 * Parallel.threadCount) }

  /// All of `count` rows, in order.
  package static func of(_ count: Int) -> [Range<Int>] {
    let rows = rows
    return stride(from: 0, to: count, by: rows).map { $0..<min(count, $0 + rows) }
  }

  /// Rows of a sample that lie together.
  private static let runRows = 64

  /// At most `limit` of `count` rows, in short runs that are spread evenly; all of them if there are no more.
  package static func some(of count: Int, atMost limit: Int) -> [Range<Int>] {
    guard count > limit else { return of(count) }
    let runs = max(1, limit / runRows)
    return (0..<runs).map { index in
      let first = index * count / runs
      return first..<first + min(runRows, limit)
    }
  }
}

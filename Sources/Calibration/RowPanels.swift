// Rows of a large weight that are taken together where what is made of all of them would take much memory.

internal import Kernels

/// Neighbouring rows.
package enum RowPanels {
  /// Small beside a large weight, and enough to keep all workers busy.
  package static var rows: Int { max(1024, 256 * Parallel.threadCount) }
  /// A last panel of fewer joins the one before: products of a few rows are made in another way, in other last bits.
  private static let leastRows = 64

  /// All of `count` rows, in order.
  package static func of(_ count: Int) -> [Range<Int>] {
    let rows = rows
    var panels = stride(from: 0, to: count, by: rows).map { $0..<min(count, $0 + rows) }
    if panels.count > 1, let last = panels.last, last.count < leastRows {
      panels.removeLast(2)
      panels.append(last.upperBound - last.count - rows..<count)
    }
    return panels
  }
}

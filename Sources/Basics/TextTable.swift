// Columns of text.

/// Rows of cells, each column as wide as its widest cell.
public struct TextTable {
  /// Which side of a column its cells keep to.
  public enum Alignment { case left, right }

  private let columns: [Alignment]
  private var rows: [[String]] = []

  public init(columns: [Alignment]) { self.columns = columns }

  /// Adds a row of as many cells as there are columns. Names in cells must be `displayed`, so that columns are as wide as
  /// what is printed.
  public mutating func add(_ cells: [String]) { rows.append(cells) }

  /// One line per row, without trailing spaces.
  public var lines: [String] {
    let widths = columns.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return columns[column] == .left ? cell + padding : padding + cell
      }
      var line = cells.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}

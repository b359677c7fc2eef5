// Columns of text.

/// Rows of cells, each column as wide as its widest cell.
public struct TextTable {
  /// Which side of a column its cells keep to.
  public enum Alignment { case left, right }

  private let columns: [Alignment]
  private var rows: [[StyledText]] = []

  public init(columns: [Alignment]) { self.columns = columns }

  /// Adds a row of as many cells as there are columns. Names in cells must be `displayed`, so that columns are as wide as
  /// what is printed.
  public mutating func add(_ cells: [StyledText]) { rows.append(cells) }

  /// Adds a row of cells without roles.
  public mutating func add(_ cells: [String]) { add(cells.map { StyledText($0) }) }

  /// One line per row, without trailing spaces.
  public var styledLines: [StyledText] {
    let widths = columns.indices.map { column in rows.map { $0[column].plain.count }.max() ?? 0 }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let padding = StyledText(String(repeating: " ", count: widths[column] - cell.plain.count))
        return columns[column] == .left ? cell + padding : padding + cell
      }
      return cells.dropFirst().reduce(cells.first ?? "") { $0 + "  " + $1 }.withoutTrailingSpaces
    }
  }

  /// The same without roles.
  public var lines: [String] { styledLines.map(\.plain) }
}

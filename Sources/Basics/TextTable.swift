// Columns of text.

/// Rows of cells, each column as wide as its widest cell.
public struct TextTable {
  /// Which side of a column its cells keep to.
  public enum Alignment { case left, right }

  private let columns: [Alignment]
  private let dispensable: [Int]
  private var rows: [[StyledText]] = []

  /// A table without rows.
  /// - Parameter dispensable: Columns by number that go where there is no room for all, the first one first.
  public init(columns: [Alignment], dispensable: [Int] = []) {
    self.columns = columns
    self.dispensable = dispensable
  }

  /// Adds a row of as many cells as there are columns. Names in cells must be `displayed`, so that columns are as wide as
  /// what is printed.
  public mutating func add(_ cells: [StyledText]) { rows.append(cells) }

  /// Adds a row of cells without roles.
  public mutating func add(_ cells: [String]) { add(cells.map { StyledText($0) }) }

  /// One line per row, without trailing spaces.
  public var styledLines: [StyledText] { lines(of: Array(columns.indices)) }

  /// The same without roles.
  public var lines: [String] { styledLines.map(\.plain) }

  /// At most `width` wide, if it is known and cells allow it: without columns that are dispensable; where that is not
  /// enough, each row in two lines, the first with its first cell alone.
  public func styledLines(width: Int?) -> [StyledText] {
    guard let width else { return styledLines }
    let kept = fitting(Array(columns.indices), width: width)
    guard self.width(of: kept) > width, kept.count > 1 else { return lines(of: kept) }
    let rest = lines(of: fitting(Array(columns.indices.dropFirst()), width: width - 2)).map { "  " + $0 }
    return zip(rows, rest).flatMap { [$0[0].withoutTrailingSpaces, $1.withoutTrailingSpaces] }
  }

  /// These columns without as many dispensable ones as must go.
  private func fitting(_ all: [Int], width: Int) -> [Int] {
    dispensable.reduce(into: all) { kept, column in
      if self.width(of: kept) > width { kept.removeAll { $0 == column } }
    }
  }

  private func widths(of kept: [Int]) -> [Int] { kept.map { column in rows.map { $0[column].width }.max() ?? 0 } }

  private func width(of kept: [Int]) -> Int { widths(of: kept).reduce(2 * (kept.count - 1), +) }

  private func lines(of kept: [Int]) -> [StyledText] {
    let widths = widths(of: kept)
    return rows.map { row in
      let cells = zip(kept, widths).map { column, width in
        let cell = row[column], padding = StyledText(String(repeating: " ", count: width - cell.width))
        return columns[column] == .left ? cell + padding : padding + cell
      }
      return cells.dropFirst().reduce(cells.first ?? "") { $0 + "  " + $1 }.withoutTrailingSpaces
    }
  }
}

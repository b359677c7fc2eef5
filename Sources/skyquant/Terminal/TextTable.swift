// Columns of text, and sizes for people.

/// Rows of cells, each column as wide as its widest cell.
struct TextTable {
  enum Alignment { case left, right }

  private let columns: [Alignment]
  private var rows: [[String]] = []

  init(columns: [Alignment]) { self.columns = columns }

  /// Names in cells must be `displayed`, so that columns are as wide as what is printed.
  mutating func add(_ cells: [String]) { rows.append(cells) }

  /// One line per row, without trailing spaces.
  var lines: [String] {
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

/// Numbers of bytes for people.
enum ByteCount {
  /// `931 B`, `3.1 KiB`, `28.5 GiB`.
  static func text(_ count: Int) -> String {
    var value = Double(count)
    for unit in ["B", "KiB", "MiB", "GiB"] {
      if value < 1024 || unit == "GiB" { return unit == "B" ? "\(count) B" : "\(value.rounded(decimals: 1)) \(unit)" }
      value /= 1024
    }
    return "\(count) B"
  }
}

/// Numbers of things for people.
enum Quantity {
  /// `931`, `3.1 K`, `38.4 B`.
  static func text(_ count: Int) -> String {
    for (scale, unit) in [(1e9, "B"), (1e6, "M"), (1e3, "K")] where Double(count) >= scale {
      return "\((Double(count) / scale).rounded(decimals: 1)) \(unit)"
    }
    return "\(count)"
  }
}

extension Double {
  /// With at most `decimals` digits after the point.
  func rounded(decimals: Int) -> Double {
    let scale = (0..<decimals).reduce(1.0) { value, _ in value * 10 }
    return (self * scale).rounded() / scale
  }
}

// Rows of cells, the darker the larger their value: where in a model something is large.

/// Values in rows of one cell for each column.
public struct HeatStrip: Sendable {
  /// A cell.
  public struct Cell: Sendable {
    let value: Double
    let key: String
    /// How dark, from 0 to 1.
    let heat: Double
    let title: String

    /// A cell of a value of the report; `heat` is its part of what is as dark as can be.
    public init(_ value: Double, at key: String, heat: Double, title: String) {
      self.value = value
      self.key = key
      self.heat = heat.isFinite ? min(1, max(0, heat)) : 1
      self.title = title
    }
  }

  /// Cells side by side; nil where there is none.
  public typealias Row = (name: String, cells: [Cell?])

  private let rows: [Row]
  private let caption: [HTMLNode]

  /// A strip with what is said below it.
  public init(_ rows: [Row], caption: [HTMLNode]) {
    self.rows = rows
    self.caption = caption
  }

  private static let nameWidth = 80.0, rowHeight = 18.0, width = 960.0

  /// The strip and its caption.
  public var node: HTMLNode {
    let columnCount = max(1, rows.map(\.cells.count).max() ?? 1)
    let step = min(40, (Self.width - Self.nameWidth) / Double(columnCount))
    var marks: [HTMLNode] = []
    for (index, row) in rows.enumerated() {
      let top = Double(index) * Self.rowHeight
      marks.append(.tag("text", ["x": "0", "y": (top + 13).inPixels, "class": "label"], [.text(row.name)]))
      for (column, cell) in row.cells.enumerated() {
        guard let cell else { continue }
        marks.append(
          .element(
            "rect",
            [
              HTMLAttribute("class", "cell"), HTMLAttribute("x", (Self.nameWidth + Double(column) * step).inPixels),
              HTMLAttribute("y", (top + 1).inPixels), HTMLAttribute("width", max(1, step - 1).inPixels),
              HTMLAttribute("height", (Self.rowHeight - 2).inPixels),
              HTMLAttribute("fill-opacity", "\(((0.06 + 0.94 * cell.heat) * 100).rounded() / 100)"),
            ] + HTMLAttribute.measured(cell.value, at: cell.key), [.tag("title", [:], [.text(cell.title)])]))
      }
    }
    let height = Double(rows.count) * Self.rowHeight
    return .tag(
      "figure", [:],
      [
        .tag("svg", ["viewBox": "0 0 \(Int(Self.width)) \(Int(height))", "role": "img"], marks),
        .tag("figcaption", [:], caption),
      ])
  }
}

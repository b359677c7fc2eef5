// Columns beside each other: how often, or how much, for each of a row of things.

/// A chart of columns that begin at zero.
public struct ColumnChart: Sendable {
  /// A column.
  public struct Column: Sendable {
    /// What stands below it; many columns have none, so that those of others can be read.
    let label: String?
    let value: Double
    /// Where the report for programs has the value.
    let key: String
    /// What a pointer on it tells.
    let title: String

    /// A column of a value that is not negative; one that is not finite has no height.
    public init(_ value: Double, at key: String, label: String?, title: String) {
      self.value = value
      self.key = key
      self.label = label
      self.title = title
    }
  }

  private let columns: [Column]
  private let caption: [HTMLNode]

  /// A chart with what is said below it.
  public init(_ columns: [Column], caption: [HTMLNode]) {
    self.columns = columns
    self.caption = caption
  }

  private static let width = 480.0, height = 120.0, labelHeight = 18.0, widestColumn = 48.0

  /// The chart and its caption.
  public var node: HTMLNode {
    let finite = columns.map { $0.value.isFinite ? max(0, $0.value) : 0 }
    let largest = max(finite.max() ?? 0, .leastNormalMagnitude)
    let step = min(Self.widestColumn, Self.width / Double(max(1, columns.count)))
    var marks: [HTMLNode] = []
    for (index, column) in columns.enumerated() {
      let height = finite[index] / largest * Self.height, left = Double(index) * step
      marks.append(
        .element(
          "rect",
          [
            HTMLAttribute("class", "bar"), HTMLAttribute("x", left.inPixels),
            HTMLAttribute("y", (Self.height - height).inPixels), HTMLAttribute("width", max(1, step - 1).inPixels),
            HTMLAttribute("height", height.inPixels),
          ] + HTMLAttribute.measured(column.value, at: column.key), [.tag("title", [:], [.text(column.title)])]))
      if let label = column.label {
        marks.append(
          .tag(
            "text",
            [
              "x": (left + step / 2).inPixels, "y": (Self.height + Self.labelHeight - 4).inPixels,
              "text-anchor": "middle", "class": "label",
            ], [.text(label)]))
      }
    }
    let axis = HTMLNode.tag(
      "line",
      [
        "class": "axis", "x1": "0", "y1": Self.height.inPixels, "x2": Self.width.inPixels, "y2": Self.height.inPixels,
      ])
    return .tag(
      "figure", ["class": "columns"],
      [
        .tag(
          "svg", ["viewBox": "0 0 \(Int(Self.width)) \(Int(Self.height + Self.labelHeight))", "role": "img"],
          marks + [axis]),
        .tag("figcaption", [:], caption),
      ])
  }
}

extension Double {
  /// A length in a picture: tenths are fine enough.
  var inPixels: String { "\((self * 10).rounded() / 10)" }
}

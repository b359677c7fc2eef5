// Estimates with their intervals, one below the other on a common axis: a dot, and whiskers to both ends.

/// A chart of estimates.
public struct DotPlot: Sendable {
  /// An estimate of the report and its interval.
  public struct Row: Sendable {
    let label: String
    let value: Double
    let interval: (lower: Double, upper: Double)
    /// Where the report for programs has the value, and the interval as an array of two.
    let valueKey: String, intervalKey: String
    /// What a pointer on it tells.
    let title: String

    /// An estimate; one that is not finite has no mark.
    public init(
      _ label: String, _ value: Double, at valueKey: String, interval: (lower: Double, upper: Double),
      at intervalKey: String, title: String
    ) {
      self.label = label
      self.value = value
      self.interval = interval
      self.valueKey = valueKey
      self.intervalKey = intervalKey
      self.title = title
    }
  }

  private let rows: [Row]
  private let axis: Axis
  private let caption: [HTMLNode]

  /// A chart with what is said below it.
  /// - Parameters:
  ///   - limits: What no value lies outside of, in the unit of the rows.
  ///   - more: Values that the axis reaches as well, so that several charts have the same one.
  ///   - zero: A value that the axis always shows, with a line through all rows; nil for none.
  ///   - scale: Axis labels are values times this.
  public init(
    _ rows: [Row], within limits: ClosedRange<Double>, covering more: [Double] = [], zero: Double? = nil,
    scale: Double = 1, caption: [HTMLNode]
  ) {
    self.rows = rows
    let shown = (rows.flatMap { [$0.value, $0.interval.lower, $0.interval.upper] } + more).filter(\.isFinite)
    axis = Axis(covering: shown + (zero.map { [$0] } ?? []), within: limits, zero: zero, scale: scale)
    self.caption = caption
  }

  private static let width = 640.0, nameWidth = 160.0, margin = 16.0, rowHeight = 24.0, axisHeight = 22.0

  /// The chart and its caption.
  public var node: HTMLNode {
    let height = Double(rows.count) * Self.rowHeight
    let marks = rows.enumerated().flatMap { mark($1, at: (Double($0) + 0.5) * Self.rowHeight) }
    return .tag(
      "figure", ["class": "dots"],
      [
        .tag(
          "svg", ["viewBox": "0 0 \(Int(Self.width)) \(Int(height + Self.axisHeight))", "role": "img"],
          grid(height: height) + marks),
        .tag("figcaption", [:], caption),
      ])
  }

  /// Where a value stands.
  private func x(_ value: Double) -> Double {
    Self.nameWidth + axis.share(of: value) * (Self.width - Self.nameWidth - Self.margin)
  }

  private func grid(height: Double) -> [HTMLNode] {
    axis.ticks.flatMap { tick -> [HTMLNode] in
      let place = x(tick.value).inPixels
      return [
        line(tick.isZero ? "zero" : "axis", from: (place, "0"), to: (place, height.inPixels)),
        .tag(
          "text", ["x": place, "y": (height + 15).inPixels, "text-anchor": "middle", "class": "label"],
          [.text(tick.label)]),
      ]
    }
  }

  private func mark(_ row: Row, at y: Double) -> [HTMLNode] {
    var nodes: [HTMLNode] = [.tag("text", ["x": "0", "y": (y + 4).inPixels, "class": "label"], [.text(row.label)])]
    guard row.value.isFinite, row.interval.lower.isFinite, row.interval.upper.isFinite else { return nodes }
    let ends = [row.interval.lower, row.interval.upper].map { x($0).inPixels }
    nodes.append(line("whisker", from: (ends[0], y.inPixels), to: (ends[1], y.inPixels)))
    for (index, value) in [row.interval.lower, row.interval.upper].enumerated() {
      nodes.append(
        line(
          "whisker", from: (ends[index], (y - 4).inPixels), to: (ends[index], (y + 4).inPixels),
          HTMLAttribute.measured(value, at: "\(row.intervalKey).\(index)")))
    }
    nodes.append(
      .element(
        "circle",
        [
          HTMLAttribute("class", "dot"), HTMLAttribute("cx", x(row.value).inPixels), HTMLAttribute("cy", y.inPixels),
          HTMLAttribute("r", "5"),
        ] + HTMLAttribute.measured(row.value, at: row.valueKey), [.tag("title", [:], [.text(row.title)])]))
    return nodes
  }

  private func line(
    _ style: String, from start: (String, String), to end: (String, String), _ more: [HTMLAttribute] = []
  ) -> HTMLNode {
    .element(
      "line",
      [
        HTMLAttribute("class", style), HTMLAttribute("x1", start.0), HTMLAttribute("y1", start.1),
        HTMLAttribute("x2", end.0), HTMLAttribute("y2", end.1),
      ] + more, [])
  }
}

/// A piece of the number line that holds some values, with round marks.
private struct Axis {
  typealias Tick = (value: Double, label: String, isZero: Bool)

  let range: ClosedRange<Double>
  let ticks: [Tick]

  /// Distances of marks, in labelled units.
  private static let steps: [Double] = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100]
  /// Marks at most.
  private static let tickLimit = 8.0

  init(covering values: [Double], within limits: ClosedRange<Double>, zero: Double?, scale: Double) {
    let least = (values.min() ?? limits.lowerBound) * scale, most = (values.max() ?? limits.upperBound) * scale
    let step = Self.steps.first { (most - least) / $0 <= Self.tickLimit - 2 } ?? (most - least) / (Self.tickLimit - 2)
    var first = (least / step).rounded(.down), last = (most / step).rounded(.up)
    if first == last { (first, last) = (first - 1, last + 1) }
    first = max(first, (limits.lowerBound * scale / step).rounded(.up))
    last = min(last, (limits.upperBound * scale / step).rounded(.down))
    let marks = stride(from: first, through: max(first, last), by: 1).map { $0 * step }
    ticks = marks.map { mark in
      let text = abs(mark - mark.rounded()) < 1e-9 ? "\(Int(mark.rounded()))" : "\((mark * 10).rounded() / 10)"
      return (mark / scale, text, zero.map { abs(mark - $0 * scale) < 1e-9 } ?? false)
    }
    range = min(least, first * step) / scale...max(most, last * step) / scale
  }

  /// Where a value stands between the ends, from 0 to 1.
  func share(of value: Double) -> Double {
    let length = range.upperBound - range.lowerBound
    return length > 0 ? min(1, max(0, (value - range.lowerBound) / length)) : 0.5
  }
}

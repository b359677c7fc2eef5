// Pages are read back by a strict parser of XML: what goes in comes out, and nothing else.
import Foundation
import HTML
import TestSupport
import Testing

@Suite struct HTMLNodeTests {
  private func parsed(_ body: [HTMLNode]) throws -> ParsedPage {
    try #require(ParsedPage(Data(HTMLDocument(title: "t", body).bytes)))
  }

  @Test(arguments: [
    "<script>alert(1)</script>", "]]>", "a & b &amp; c", "\"quoted\" 'single'", "<!-- -->", "<img src=x onerror=y>",
    "größer 大", "two\nlines\tand a tab",
  ]) func `text is never markup`(text: String) throws {
    let page = try parsed([.tag("p", ["title": text], [.verbatim(text)])])
    #expect(page.text.contains(text))
    #expect(page.elements["script"] == nil && page.elements["img"] == nil)
  }

  @Test func `what XML cannot hold is written as an escape`() throws {
    let page = try parsed([.verbatim("a\u{1B}[31m\u{0}\u{202E}\u{FFFF}z")])
    #expect(page.text.contains(#"a\u{1b}[31m\u{0}\u{202e}\u{ffff}z"#))
  }

  @Test func `a measure says which number of the report it is, to the last digit`() throws {
    let page = try parsed([
      .measure(0.1 + 0.2, at: "a.b", as: "0.3"), .measure(.nan, at: "c", as: "n/a"), .count(7, at: "d"),
    ])
    #expect(page.measures.map(\.key) == ["a.b", "c", "d"])
    #expect(page.measures.map(\.value) == ["0.30000000000000004", "null", "7.0"])
    #expect(page.strayNumbers.isEmpty)
  }

  @Test func `a page loads nothing and runs nothing`() throws {
    let page = try parsed([])
    #expect(page.elements["script"] == nil && page.elements["link"] == nil)
    #expect(page.attributes.contains { $0.hasPrefix("content=default-src 'none'") })
    #expect(!page.attributes.contains { $0.hasPrefix("src=") || $0.hasPrefix("href=") || $0.hasPrefix("on") })
  }
}

@Suite struct ChartTests {
  private func rects(_ node: HTMLNode) -> [[String: Double]] { elements("rect", node) }

  /// The numbers of each element of a name, by attribute.
  private func elements(_ name: String, _ node: HTMLNode) -> [[String: Double]] {
    node.markup.matches(of: /<([a-z]+) ([^>]*)>/).filter { $0.output.1 == name }.map { match in
      Dictionary(
        match.output.2.matches(of: /([a-z-]+)="([-0-9.e]+)"/).compactMap { part in
          Double(part.output.2).map { (String(part.output.1), $0) }
        }, uniquingKeysWith: { first, _ in first })
    }
  }

  @Test func `columns are as high as their values, the largest fills the chart`() throws {
    let columns = [1.0, 4, 2, .nan, -3].enumerated().map {
      ColumnChart.Column($0.element, at: "x.\($0.offset)", label: nil, title: "")
    }
    let marks = rects(ColumnChart(columns, caption: []).node)
    #expect(marks.map { $0["height"] } == [30, 120, 60, 0, 0])
    #expect(marks.allSatisfy { ($0["y"] ?? 0) + ($0["height"] ?? 0) == 120 })
  }

  @Test func `dots stand in proportion to their values, between the ends of their whiskers`() throws {
    let values = [(0.2, 0.1, 0.35), (0.3, 0.3, 0.4), (0.4, 0.05, 0.45), (.nan, 0, 1)]
    let rows = values.enumerated().map { index, value in
      DotPlot.Row(
        "row", value.0, at: "x.\(index)", interval: (value.1, value.2), at: "x.\(index).interval", title: "")
    }
    let node = DotPlot(rows, within: 0...1, scale: 100, caption: []).node
    let dots = elements("circle", node).compactMap { $0["cx"] }
    #expect(dots.count == 3 && abs((dots[1] - dots[0]) - (dots[2] - dots[1])) < 0.2)
    let page = try parsed(node)
    #expect(page.measures.map(\.key).filter { $0.hasPrefix("x.0") } == ["x.0.interval.0", "x.0.interval.1", "x.0"])
    let whiskers = node.markup.matches(of: /class="whisker" x1="([0-9.]+)"[^>]*x2="([0-9.]+)"[^>]*>/).compactMap {
      match in Double(match.output.1).flatMap { left in Double(match.output.2).map { (left, $0) } }
    }.filter { $0.0 != $0.1 }
    #expect(whiskers.count == 3)
    for ((left, right), dot) in zip(whiskers, dots) { #expect(left <= dot && dot <= right && left >= 160) }
    // One point of a hundred has the same length for all.
    let unit = (dots[2] - dots[0]) / 20
    for ((left, right), value) in zip(whiskers, values) {
      #expect(abs(right - left - 100 * (value.2 - value.1) * unit) < 0.5)
    }
    #expect(!page.text.contains("-"), "no mark lies outside of what there is")
  }

  @Test func `a line marks what is neither gain nor loss, whatever the values`() throws {
    for value in [-0.02, 0, 0.5] {
      let row = DotPlot.Row("row", value, at: "x", interval: (value, value + 0.01), at: "y", title: "")
      let node = DotPlot([row], within: -1...1, zero: 0, scale: 100, caption: []).node
      #expect(node.markup.matches(of: /class="zero"/).count == 1)
      #expect(try parsed(node).text.contains("0"))
    }
    #expect(elements("circle", DotPlot([], within: 0...1, caption: []).node).isEmpty)
  }

  @Test func `charts that cover the same values have the same axis`() {
    func dot(_ covered: [Double]) -> Double? {
      let row = DotPlot.Row("row", 0.3, at: "x", interval: (0.2, 0.4), at: "y", title: "")
      return elements("circle", DotPlot([row], within: 0...1, covering: covered, caption: []).node).first?["cx"]
    }
    #expect(dot([]) == dot([0.25]) && dot([0, 1]) == dot([1, 0, .nan]) && dot([]) != dot([0, 1]))
  }

  private func parsed(_ node: HTMLNode) throws -> ParsedPage {
    try #require(ParsedPage(Data(HTMLDocument(title: "t", [node]).bytes)))
  }

  @Test func `a chart without values is a chart`() {
    #expect(rects(ColumnChart([], caption: []).node).isEmpty)
    #expect(rects(HeatStrip([], caption: []).node).isEmpty)
    let zero = ColumnChart([ColumnChart.Column(0, at: "x", label: nil, title: "")], caption: [])
    #expect(rects(zero.node).map { $0["height"] } == [0])
  }

  @Test func `cells are darker the hotter they are, and missing ones leave a gap`() throws {
    let row = [0.0, 0.5, nil, 2, .nan].map { heat in
      heat.map { HeatStrip.Cell(1, at: "x", heat: $0, title: "") }
    }
    let marks = rects(HeatStrip([("name", row)], caption: []).node)
    #expect(marks.map { $0["fill-opacity"] } == [0.06, 0.53, 1, 1])
    let lefts = marks.compactMap { $0["x"] }
    #expect(lefts.count == 4 && lefts[2] - lefts[1] == 2 * (lefts[1] - lefts[0]))
  }
}

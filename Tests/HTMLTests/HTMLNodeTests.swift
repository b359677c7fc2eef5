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
  private func rects(_ node: HTMLNode) -> [[String: Double]] {
    node.markup.matches(of: /<rect ([^>]*)>/).map { match in
      Dictionary(
        match.output.1.matches(of: /([a-z-]+)="([-0-9.e]+)"/).compactMap { part in
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

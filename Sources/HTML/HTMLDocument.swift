// A whole page: one file that loads nothing, runs nothing, and is read in light and dark and on paper.

/// A page with sections.
public struct HTMLDocument: Sendable {
  private let title: String
  private let body: [HTMLNode]

  /// A page.
  public init(title: String, _ body: [HTMLNode]) {
    self.title = title
    self.body = body
  }

  /// A part of a page under a heading.
  public static func section(_ heading: String, _ content: [HTMLNode]) -> HTMLNode {
    .tag("section", [:], [.tag("h2", [:], [.text(heading)])] + content)
  }

  /// A table; the first column names the rows.
  public static func table(_ header: [HTMLNode], _ rows: [[HTMLNode]]) -> HTMLNode {
    let head = HTMLNode.tag("tr", [:], header.map { .tag("th", ["scope": "col"], [$0]) })
    let lines = rows.map { row in
      HTMLNode.tag(
        "tr", [:],
        row.enumerated().map { column, cell in
          column == 0 ? .tag("th", ["scope": "row"], [cell]) : .tag("td", [:], [cell])
        })
    }
    return .tag(
      "div", ["class": "wide"], [.tag("table", [:], [.tag("thead", [:], [head]), .tag("tbody", [:], lines)])])
  }

  /// The file, in UTF-8.
  public var bytes: [UInt8] {
    let head: [HTMLNode] = [
      .tag("meta", ["charset": "utf-8"]),
      .tag("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
      // Whatever a name or an answer holds: nothing is loaded and nothing runs.
      .tag(
        "meta",
        [
          "http-equiv": "Content-Security-Policy",
          "content": "default-src 'none'; img-src data:; style-src 'unsafe-inline'",
        ]),
      .tag("title", [:], [.text(title)]),
      .tag("style", [:], [.text(Self.style)]),
    ]
    let page = HTMLNode.tag(
      "html", ["xmlns": "http://www.w3.org/1999/xhtml", "lang": "en"],
      [
        .tag("head", [:], head), "\n",
        .tag("body", [:], [.tag("main", [:], [.tag("h1", [:], [.text(title)])] + body)]),
      ])
    return Array(("<!DOCTYPE html>\n" + page.markup + "\n").utf8)
  }

  /// Written without the characters that markup would need to escape.
  static let style = """
    :root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --line: #d1d9e0; --page: #ffffff;
      --panel: #f6f8fa; --mark: #0969da; --good: #1a7f37; --bad: #cf222e; --warn: #9a6700; }
    @media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9198a1; --line: #3d444d;
      --page: #0d1117; --panel: #151b23; --mark: #4493f8; --good: #3fb950; --bad: #f85149; --warn: #d29922; } }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
    main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
    h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem; }
    h2 { font-size: 1.15rem; margin: 2.25rem 0 .5rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); }
    h3 { font-size: 1rem; margin: 1rem 0 .25rem; }
    p { margin: .5rem 0; max-width: 46rem; }
    .soft { color: var(--soft); font-size: .875rem; }
    .good { color: var(--good); } .bad { color: var(--bad); } .warning { color: var(--warn); }
    .verdict { display: inline-block; padding: .125rem .75rem; border: 1px solid; border-radius: 1rem; font-weight: 600; }
    .wide { overflow-x: auto; }
    table { border-collapse: collapse; font-size: .875rem; }
    th, td { padding: .25rem .75rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; }
    th { font-weight: 600; } th:first-child, .words td { text-align: left; }
    td { font-variant-numeric: tabular-nums; }
    .words th, .whole { white-space: nowrap; }
    .verbatim { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate; }
    pre { background: var(--panel); padding: .75rem; border-radius: .375rem; overflow-x: auto; white-space: pre-wrap;
      overflow-wrap: anywhere; font-size: .8125rem; max-height: 24rem; }
    svg { display: block; width: 100%; height: auto; margin: .5rem 0; }
    svg text { fill: var(--soft); font: 11px system-ui, sans-serif; }
    svg .bar { fill: var(--mark); } svg .axis { stroke: var(--line); } svg .cell { fill: var(--bad); }
    svg .dot { fill: var(--mark); } svg .whisker { stroke: var(--mark); stroke-width: 1.5; }
    svg .zero { stroke: var(--soft); stroke-dasharray: 3 3; }
    .columns svg { max-width: 36rem; } .dots svg { max-width: 44rem; }
    figure { margin: .75rem 0; } figcaption { color: var(--soft); font-size: .875rem; }
    .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 0 1.5rem; }
    .card { display: flex; gap: 1rem; align-items: flex-start; padding: .75rem; margin: .5rem 0; background: var(--panel);
      border-radius: .375rem; break-inside: avoid; }
    .card .grow { flex: 1; min-width: 0; }
    .card img { border-radius: .25rem; flex: none; width: 7rem; height: 7rem; background: var(--line); }
    .token { background: color-mix(in srgb, var(--warn) 25%, transparent); border-radius: .2rem; }
    dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 .75rem; margin: .25rem 0; font-size: .875rem; }
    dt { color: var(--soft); } dd { margin: 0; min-width: 0; }
    @media print { body { font-size: 11px; } main { max-width: none; padding: 0; } h2, h3 { break-after: avoid; }
      pre { max-height: none; } }
    """
}

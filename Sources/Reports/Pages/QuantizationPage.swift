// The report of `skyquant quantize` as one page to show. Every number on it is one of the report for programs.
internal import Basics
public import HTML
internal import JSON
internal import LayerSearch
internal import ModelFiles
internal import Quantization

/// The page of a quantization.
public struct QuantizationPage: Sendable {
  private let report: QuantizationReport
  private let rows: [SensitivityRow]

  /// The page of `report`.
  public init(_ report: QuantizationReport) {
    self.report = report
    rows = report.table.rows
  }

  /// The page.
  public var document: HTMLDocument {
    HTMLDocument(
      title: "How the model was quantized",
      [
        head, .sequence(report.warnings.map { .tag("p", ["class": "warning"], [.verbatim($0)]) }),
        HTMLDocument.section("Error of each linear", [strip, worst]), calibration, recipe, sources,
      ])
  }

  private var head: HTMLNode {
    .tag(
      "p", [:],
      [
        .verbatim(report.destination), ", made from ", .verbatim(report.source), " by ",
        .verbatim("skyquant \(report.version)"),
        ", method ", .verbatim(report.options.method.name), ", in groups of ",
        .count(report.options.scheme.groupSize, at: "group_size"), ", on ",
        .count(report.tokenCount, at: "calibration_tokens"), " tokens.",
      ])
  }

  /// Layers from left to right, the linears of a layer from top to bottom.
  private var strip: HTMLNode {
    let largest = rows.map { $0.report.relativeError.squareRoot() }.filter(\.isFinite).max() ?? 0
    let places = rows.map { LinearPlace($0.report.module) }
    let layerCount = (places.map(\.layer).max() ?? -1) + 1
    var names: [String] = []
    for place in places where !names.contains(place.name) { names.append(place.name) }
    let strips = names.map { name -> HeatStrip.Row in
      var cells = [HeatStrip.Cell?](repeating: nil, count: layerCount)
      for (index, (row, place)) in zip(rows, places).enumerated() where place.name == name {
        let error = row.report.relativeError.squareRoot()
        cells[place.layer] = HeatStrip.Cell(
          row.report.errorAfter, at: "linears.\(index).error_after", heat: largest > 0 ? error / largest : 0,
          title: "\(row.report.module.displayed): \(Percentage.text(error, decimals: 2))")
      }
      return (name, cells)
    }
    return HeatStrip(
      strips,
      caption: [
        "Layers from left to right. The darker, the larger the error of the output relative to the output, on ",
        .text(report.hasHeldOut ? "held-out tokens." : "the tokens fitted to, as none are held out."),
      ]
    ).node
  }

  private static let shownCount = 12

  private var worst: HTMLNode {
    let order = rows.indices.sorted { (rows[$1].share, $0) < (rows[$0].share, $1) }.prefix(Self.shownCount)
    let lines = order.map { index -> [HTMLNode] in
      let linear = rows[index].report, key = "linears.\(index)"
      let before = (linear.errorBefore / linear.outputEnergy).squareRoot()
      return [
        .verbatim(linear.module), .verbatim(linear.rounding.rawValue),
        .measure(linear.errorBefore, at: "\(key).error_before", as: Percentage.text(before, decimals: 2)),
        .measure(
          linear.errorAfter, at: "\(key).error_after",
          as: Percentage.text(linear.relativeError.squareRoot(), decimals: 2)),
        .measure(rows[index].share, at: "\(key).share", as: Percentage.text(rows[index].share, decimals: 1)),
      ]
    }
    return [
      .tag("h3", [:], ["The largest shares of the error"]),
      HTMLDocument.table(["linear", "rounded by", "plain rounding", "as written", "share of all"], lines),
    ]
  }

  private var calibration: HTMLNode {
    guard let files = report.calibration["files"]?.arrayValue, let samples = report.calibration["samples"]?.arrayValue,
      let first = files.first?["name"]?.stringValue
    else { return [] }
    let classes = (report.calibration["tokens"]?.objectValue?.members ?? []).compactMap { name, count in
      count.intValue.map { (name, $0) }
    }
    let counts: [HTMLNode] = classes.enumerated().flatMap { index, item -> [HTMLNode] in
      [index == 0 ? "" : ", ", .count(item.1, at: "calibration.tokens.\(item.0)"), .text(" \(item.0)")]
    }
    let shown = samples.reduce(0) { $0 + ($1["tiles"]?.arrayValue?.count ?? 0) }
    return HTMLDocument.section(
      "Calibrated on",
      [
        .tag("p", [:], [.verbatim("\(first): \(samples.count) samples, \(shown) pictures")]),
        .tag("p", [:], [.sequence(counts), " tokens"]),
      ])
  }

  private var recipe: HTMLNode {
    guard let text = try? report.recipe.serialized(.pretty) else { return [] }
    return HTMLDocument.section(
      "Recipe", [.tag("pre", ["class": "verbatim"], [.text(String(decoding: text, as: UTF8.self))])])
  }

  private var sources: HTMLNode {
    let lines = report.sources.enumerated().map { index, source -> [HTMLNode] in
      [
        .verbatim(source.name),
        .measure(Double(source.byteCount), at: "sources.\(index).bytes", as: ByteCount.text(source.byteCount)),
        .verbatim("\(source.sha256)"),
      ]
    }
    return HTMLDocument.section("Weights that were read", [HTMLDocument.table(["file", "size", "SHA-256"], lines)])
  }
}

/// Where a linear stands: `language_model.model.layers.3.mlp.down_proj` is `down_proj` of layer 3.
private struct LinearPlace {
  let layer: Int
  let name: String

  init(_ module: String) {
    let parts = module.split(separator: ".")
    layer = parts.lazy.compactMap { Int($0) }.first ?? 0
    name = parts.last.map(String.init) ?? module
  }
}

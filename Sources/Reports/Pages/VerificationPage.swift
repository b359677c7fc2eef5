// The report of `skyquant verify` as one page to show. Every number on it is one of the report for programs.
public import HTML
internal import Basics
internal import Companions
public import Verification

/// The page of a verification.
public struct VerificationPage: Sendable {
  let report: VerificationReport
  let pictures: PagePictures
  private let provenance: [String]

  /// - Parameters:
  ///   - pictures: Pictures of the samples that are shown, as far as they have some.
  ///   - provenance: How the quantized model was made, one line each; none if that is not known.
  public init(_ report: VerificationReport, pictures: PagePictures = PagePictures(), provenance: [String] = []) {
    self.report = report
    self.pictures = pictures
    self.provenance = provenance
  }

  /// The page.
  public var document: HTMLDocument {
    HTMLDocument(title: "What quantization cost", [head] + findings + [prompt])
  }

  /// What was found, without which models it was found of.
  var findings: [HTMLNode] {
    [
      verdict, warnings,
      HTMLDocument.section("Divergence", [classTable] + [.tag("div", ["class": "charts"], histograms)]),
      HTMLDocument.section("Layer by layer", [layers]), answers, worst, files, making,
    ]
  }

  private var head: HTMLNode {
    .tag(
      "p", [:],
      [
        .verbatim(report.quantizedName), " against ", .verbatim(report.referenceName), ", on ",
        .count(report.sampleCount, at: "samples"), " samples with ",
        .count(report.overall.divergence.count, at: "all.tokens"), " tokens.",
      ])
  }

  private var verdict: HTMLNode {
    guard !report.gates.isEmpty || report.nonFiniteCount > 0 else { return [] }
    let verdict = HTMLNode.tag(
      "p", ["class": "verdict \(report.passes ? "good" : "bad")"], [.text(report.passes ? "PASS" : "FAIL")])
    return [verdict, gates]
  }

  private var gates: HTMLNode {
    guard !report.gates.isEmpty else { return [] }
    let rows = report.gates.enumerated().map { index, gate -> [HTMLNode] in
      [
        .text("\(gate.metric.rawValue), \(gate.scope.name) tokens"),
        .measure(gate.value, at: "gates.\(index).value", as: gate.value.short),
        .measure(gate.bound, at: "gates.\(index).bound", as: gate.bound.short),
        .measure(gate.limit, at: "gates.\(index).limit", as: gate.limit.short),
        .tag("span", ["class": gate.verdict.style], [.text(gate.verdict.rawValue)]),
      ]
    }
    return HTMLDocument.table(["gate", "value", "with two standard errors", "limit", "verdict"], rows)
  }

  private var warnings: HTMLNode {
    var lines: [HTMLNode] = report.warnings.map { .tag("p", ["class": "warning"], [.verbatim($0)]) }
    if report.nonFiniteCount > 0 {
      lines.append(
        .tag(
          "p", ["class": "bad"],
          [
            "A model computes NaN or infinity at ", .count(report.nonFiniteCount, at: "not_finite"),
            " positions: their divergence is no number.",
          ]))
    }
    return .sequence(lines)
  }

  private var summaries: [(name: String, summary: ClassSummary)] {
    report.classes.map { ($0.tokenClass.rawValue, $0.summary) } + [("all", report.overall)]
  }

  private var classTable: HTMLNode {
    let rows = summaries.map { name, summary -> [HTMLNode] in
      let divergence = summary.divergence, kl = "\(name).kl_divergence"
      return [
        .text(name), .count(divergence.count, at: "\(name).tokens"),
        .estimate(divergence.estimate, at: kl) { $0.short },
        .measure(divergence.median, at: "\(kl).median", as: divergence.median.short),
        .measure(divergence.p99, at: "\(kl).p99", as: divergence.p99.short),
        .measure(divergence.max, at: "\(kl).max", as: divergence.max.short),
        .estimate(summary.sameTop, at: "\(name).same_top1") { Percentage.text($0, decimals: 1) },
        .estimate(summary.perplexityRatio, at: "\(name).perplexity_ratio") { $0.fixed(4) },
      ]
    }
    return [
      HTMLDocument.table(
        ["tokens", "number", "mean KL ± se", "median", "99th percentile", "largest", "same first choice", "PPL ratio"],
        rows),
      .tag(
        "p", ["class": "soft"],
        [
          .text(
            "KL divergence in nats from the original's next-token distribution, lower is better; the same first choice, "
              + "higher is better; the ratio of perplexities, near one is better. Answer tokens are the ones that a "
              + "model has to produce.")
        ]),
    ]
  }

  private var histograms: [HTMLNode] {
    let edges = DivergenceHistogram.edges
    return summaries.map { name, summary in
      let columns = summary.histogram.counts.enumerated().map { index, count in
        let range =
          index == 0
          ? "below \(edges[0].plainText)"
          : index == edges.count
            ? "from \(edges[index - 1].plainText)" : "\(edges[index - 1].plainText) to \(edges[index].plainText)"
        // Every other bound, so that they do not run into each other.
        return ColumnChart.Column(
          Double(count), at: "\(name).histogram.\(index)", label: index % 4 == 1 ? edges[index - 1].plainText : nil,
          title: "\(range) nats: \(count)")
      }
      return ColumnChart(columns, caption: [.text("\(name): tokens by KL divergence, nats")]).node
    }
  }

  private var layers: HTMLNode {
    let count = report.layers.count, step = max(1, (count + 15) / 16)
    let columns = report.layers.enumerated().map { index, layer in
      ColumnChart.Column(
        layer.relativeError, at: "layers.\(index).relative_error", label: index % step == 0 ? "\(layer.layer)" : nil,
        title: "layer \(layer.layer): \(layer.relativeError.short)")
    }
    return ColumnChart(
      columns,
      caption: ["Relative error of the residual stream after each decoder layer. The last: ", lastLayer]
    ).node
  }

  private var lastLayer: HTMLNode {
    guard let last = report.layers.last else { return "none" }
    return .measure(
      last.relativeError, at: "layers.\(report.layers.count - 1).relative_error", as: last.relativeError.short)
  }

  private var files: HTMLNode {
    guard !report.files.isEmpty else { return [] }
    let rows = report.files.map { difference -> [HTMLNode] in
      [
        .verbatim(difference.file), .verbatim(difference.setting), .verbatim(difference.reference),
        .verbatim(difference.own),
      ]
    }
    return HTMLDocument.section(
      "Settings that differ",
      [.tag("div", ["class": "words"], [HTMLDocument.table(["file", "setting", "original", "quantized"], rows)])])
  }

  private var making: HTMLNode {
    guard !provenance.isEmpty else { return [] }
    return HTMLDocument.section(
      "How it was made", [.tag("pre", ["class": "verbatim"], [.text(provenance.joined(separator: "\n"))])])
  }

  var prompt: HTMLNode {
    HTMLDocument.section(
      "The first prompt, as the models read it",
      [
        .tag("pre", ["class": "verbatim"], [.text(report.renderedPrompt)]),
        .tag("p", ["class": "soft"], ["Multiplied by: ", .verbatim(report.numericMode)]),
      ])
  }
}

extension GateResult.Verdict {
  fileprivate var style: String {
    switch self {
    case .pass: "good"
    case .fail: "bad"
    case .inconclusive: "warning"
    }
  }
}

extension Double {
  /// `1e-7`, `0.003`: round numbers as they are said.
  fileprivate var plainText: String {
    self >= 1 ? "\(Int(self))" : "\(self)".replacing("e-0", with: "e-")
  }
}

extension HTMLNode {
  /// A mean and its standard error, at `key` in the report.
  static func estimate(_ estimate: Estimate, at key: String, as text: (Double) -> String) -> HTMLNode {
    [
      .measure(estimate.mean, at: "\(key).mean", as: text(estimate.mean)), " ± ",
      .measure(estimate.standardError, at: "\(key).standard_error", as: text(estimate.standardError)),
    ]
  }
}

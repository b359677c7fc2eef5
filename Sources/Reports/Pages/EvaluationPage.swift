// The report of `skyquant evaluate` as one page to show. Every number on it is one of the report for programs.
internal import Basics
internal import Benchmarks
public import Evaluation
public import HTML
internal import PairedStatistics

/// The page of an evaluation.
public struct EvaluationPage: Sendable {
  let report: ScoreReport
  /// For each benchmark the rows that can be shown, by their indices.
  let shown: [[String: ShownRow]]
  /// Short names of the models.
  let labels: [String]
  private let provenance: [(model: String, facts: [String])]

  /// - Parameters:
  ///   - shown: For each benchmark questions and answers of rows that models disagree on, by the rows' indices.
  ///   - provenance: How models were made, one line each; those of which nothing is known are left out.
  public init(_ report: ScoreReport, shown: [[String: ShownRow]], provenance: [(model: String, facts: [String])] = []) {
    self.report = report
    self.shown = shown
    self.provenance = provenance
    labels = ScoreReport.labels(report.models.map(\.name))
  }

  /// The page.
  public var document: HTMLDocument {
    HTMLDocument(
      title: report.hasOriginal ? "What quantization cost on benchmarks" : "Scores on benchmarks",
      [head, summary, .sequence(report.benchmarks.indices.map(benchmark)), asked, files, making])
  }

  private var head: HTMLNode {
    let names = report.models.map(\.name), scored = report.hasOriginal ? names.dropFirst() : names[...]
    let original: [HTMLNode] = report.hasOriginal ? [" against ", .verbatim(names[0])] : []
    return [
      .tag("p", [:], [.verbatim(scored.joined(separator: ", "))] + original + ["."]),
      .tag(
        "p", ["class": "soft"],
        [
          "Scored by fixed rules, without a judge; not comparable with scores by a judge. Ranges and whiskers are ",
          "ninety-five percent intervals.",
        ]), byLetter,
    ]
  }

  /// Says of letters that nobody has written what they are.
  private var byLetter: HTMLNode {
    guard report.settings.mode == .choiceLogits else { return [] }
    return .tag(
      "p", ["class": "warning"],
      ["An answer is the letter that is likeliest without reasoning: no benchmark's score, but a comparison of models."]
    )
  }

  // MARK: Losses over all benchmarks

  private var summary: HTMLNode {
    guard report.hasOriginal else { return [] }
    let losses = report.benchmarks.flatMap { $0.losses.compactMap(\.metrics.first?.estimate.interval) }
    let ends = losses.flatMap { [$0.lower, $0.upper] }
    let parts = report.models.indices.dropFirst().map { model -> HTMLNode in
      let rows = lossRows(model - 1)
      guard !rows.isEmpty else { return [] }
      return [
        .tag("h3", [:], [.verbatim(labels[model])]),
        DotPlot(
          rows, within: -1...1, covering: ends, zero: 0, scale: 100,
          caption: ["Loss in points against the original: to the right of the line is worse, to the left better."]
        ).node, pooled(model - 1),
      ]
    }
    return HTMLDocument.section("Loss in points", parts)
  }

  /// Losses of a candidate: one for each benchmark that can be scored, and the mean of them.
  private func lossRows(_ candidate: Int) -> [DotPlot.Row] {
    var rows: [DotPlot.Row] = []
    for (index, benchmark) in report.benchmarks.enumerated() {
      guard let loss = benchmark.losses[candidate].metrics.first?.estimate else { continue }
      let place = "benchmarks.\(index).losses.\(candidate).metrics.0"
      rows.append(row(benchmark.benchmark.name, loss, at: place))
    }
    if let pooled = report.pooled.indices.contains(candidate) ? report.pooled[candidate] : nil {
      rows.append(row("all, each the same", pooled.loss.meanOfBenchmarks, at: "pooled.\(candidate).mean_of_benchmarks"))
    }
    return rows
  }

  private func row(_ name: String, _ loss: LossEstimate, at place: String) -> DotPlot.Row {
    DotPlot.Row(
      name.shortened(to: 24), loss.loss, at: "\(place).loss", interval: (loss.interval.lower, loss.interval.upper),
      at: "\(place).interval", title: "\(name): \(loss.description)")
  }

  private func pooled(_ candidate: Int) -> HTMLNode {
    guard report.pooled.indices.contains(candidate) else { return [] }
    guard let pooled = report.pooled[candidate] else {
      return .tag("p", [:], ["Over all benchmarks together the loss cannot be told."])
    }
    let place = "pooled.\(candidate)"
    var lines: [HTMLNode] = [
      .tag(
        "p", [:],
        ["Over all benchmarks, each counting the same: "]
          + pooled.loss.meanOfBenchmarks.words(at: "\(place).mean_of_benchmarks") + ["."]),
      .tag(
        "p", [:],
        ["Each decision counting the same: "]
          + pooled.loss.meanOfDecisions.words(at: "\(place).mean_of_decisions") + ["."]),
    ]
    if let counts = pooled.loss.counts {
      lines.append(
        .tag("p", [:], counts.words(at: "\(place).counts") + counts.test.words(at: "\(place).counts.mcnemar")))
    }
    return .sequence(lines)
  }

  // MARK: How it was asked

  private var asked: HTMLNode {
    let settings = report.settings
    func text(_ name: String, _ value: String?) -> [[HTMLNode]] { value.map { [[.text(name), .verbatim($0)]] } ?? [] }
    var rows: [[HTMLNode]] = text("layout", settings.layout.rawValue) + text("instruction", settings.instruction)
    rows += text("template", settings.template) + text("system text", settings.system)
    rows += text("thinking", settings.thinks.map { $0 ? "yes" : "no" })
    rows += text("mode", settings.mode.rawValue)
    if settings.mode == .generate {
      rows.append(["tokens of an answer at most", .count(settings.maxTokens, at: "settings.max_tokens")])
      rows.append(["answers to each row", .count(settings.samples, at: "settings.samples")])
      rows += text("drawn", settings.sampling == nil ? "always the likeliest token" : settings.making)
    }
    if let limit = settings.limit { rows.append(["rows of a benchmark at most", .count(limit, at: "settings.limit")]) }
    rows += text("seed", String(settings.seed))
    rows += text("multiplied by", settings.numericMode)
    return HTMLDocument.section(
      "How it was asked", [.tag("div", ["class": "words"], [HTMLDocument.table(["setting", "value"], rows)])])
  }

  private var files: HTMLNode {
    let models = report.models.map { model -> [HTMLNode] in
      [.verbatim(model.name), .verbatim(model.contentID ?? "answers from a file")]
    }
    let benchmarks = report.benchmarks.map { [HTMLNode.verbatim($0.rows.file), .verbatim($0.rows.sha256)] }
    return HTMLDocument.section(
      "What was read",
      [
        .tag(
          "div", ["class": "words"],
          [
            HTMLDocument.table(["model", "content id"], models),
            HTMLDocument.table(["benchmark", "SHA-256"], benchmarks),
          ])
      ])
  }

  private var making: HTMLNode {
    let known = provenance.filter { !$0.facts.isEmpty }
    guard !known.isEmpty else { return [] }
    return HTMLDocument.section(
      "How it was made",
      known.flatMap { model, facts -> [HTMLNode] in
        [
          .tag("h3", [:], [.verbatim(model)]),
          .tag("pre", ["class": "verbatim"], [.text(facts.joined(separator: "\n"))]),
        ]
      })
  }
}

// MARK: - Statistics in words

extension Interval {
  /// Digits that tell the ends apart in points of a hundred, so that no loss reads as none.
  var pointDigits: Int { (1...6).first { (100 * lower).fixed($0) != (100 * upper).fixed($0) } ?? 6 }

  /// Both ends in points, at `key` in the report, with what stands between them.
  func points(at key: String, between separator: HTMLNode) -> [HTMLNode] {
    let digits = pointDigits
    return [
      .measure(lower, at: "\(key).0", as: (100 * lower).fixed(digits)), separator,
      .measure(upper, at: "\(key).1", as: (100 * upper).fixed(digits)),
    ]
  }
}

extension LossEstimate {
  /// "loss between -0.4 and 1.8 points (1500 decisions)".
  func words(at key: String) -> [HTMLNode] {
    ["loss between "] + interval.points(at: "\(key).interval", between: " and ")
      + [" points (", .count(count, at: "\(key).decisions"), " decisions)"]
  }
}

extension PairedCounts {
  /// "12 went from right to wrong, 4 from wrong to right".
  func words(at key: String) -> [HTMLNode] {
    [
      .count(rightToWrong, at: "\(key).right_to_wrong"), " went from right to wrong, ",
      .count(wrongToRight, at: "\(key).wrong_to_right"), " from wrong to right",
    ]
  }
}

extension McNemarTest {
  /// "; McNemar's exact test: p 0.077."
  func words(at key: String) -> [HTMLNode] {
    ["; McNemar's exact test: p ", .measure(twoSided, at: "\(key).p", as: twoSided.fixed(3)), "."]
  }
}

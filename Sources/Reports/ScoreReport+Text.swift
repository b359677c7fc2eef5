// The report of `skyquant evaluate` in 80 columns.
public import Basics
internal import Benchmarks
public import Evaluation
internal import PairedStatistics

extension ScoreReport {
  /// The report for people: for each benchmark a table of models, then what candidates lose.
  public var lines: [StyledText] {
    let labels = Self.labels(models.map(\.name))
    var lines: [StyledText] = [
      "scored by rule, without a judge; not comparable with scores by a judge",
      "layout \(settings.layout.rawValue), greedy, at most \(settings.maxTokens) tokens an answer",
    ]
    if let limit = settings.limit {
      lines.append("at most \(limit) rows of each benchmark, those of seed \(settings.seed)")
    }
    for benchmark in benchmarks {
      lines.append("")
      lines += benchmark.lines(labels)
    }
    for (pooled, label) in zip(pooled, labels.dropFirst()) {
      lines.append("")
      lines += pooled?.lines(label) ?? [StyledText("all benchmarks, \(label): the loss cannot be told")]
    }
    return lines + ["", "none: nothing read; unfin.: thinking never ended; cut: at the limit of tokens"]
  }

  /// Short names: last parts of paths where these differ, at most as wide as fits.
  static func labels(_ names: [String]) -> [String] {
    let parts = names.map { $0.split(separator: "/").last.map { String($0) } ?? $0 }
    return (Set(parts).count == parts.count ? parts : names).map { name in
      let shown = name.displayed
      return shown.count <= labelWidth ? shown : "…" + shown.suffix(labelWidth - 1)
    }
  }

  private static let labelWidth = 22
}

extension BenchmarkScores {
  /// Faults that are shown.
  private static let faultLimit = 10

  fileprivate func lines(_ labels: [String]) -> [StyledText] {
    var lines = heading
    for fault in rows.faults.prefix(Self.faultLimit) { lines.append("  \("left out:", .warning) \(fault)") }
    if rows.faults.count > Self.faultLimit {
      lines.append("  … and \(rows.faults.count - Self.faultLimit) more rows left out (--json lists all)")
    }
    for (count, label) in zip(rows.calibrated, labels) where count > 0 {
      lines.append("  \("warning:", .warning) \(label) was calibrated on pictures of \(count) of these rows")
    }
    lines += table(labels)
    for (loss, label) in zip(losses, labels.dropFirst()) {
      lines.append("")
      lines.append("  \(label) against \(labels[0]):")
      for line in loss.lines { lines.append("    \(line)") }
    }
    return lines
  }

  private var heading: [StyledText] {
    var lines: [StyledText] = [
      "\(benchmark.name.displayed): \(rows.askedCount) of \(rows.count) rows of \(rows.file.displayed)"
    ]
    if let note = benchmark.claim.note { lines.append("  \(benchmark.claim.prefix)\(note)") }
    if rows.missingWordCount > 0 {
      lines.append("  \(rows.missingWordCount) options and hints are a word such as None (--keep-none)")
    }
    return lines
  }

  /// Models by metrics and by what became of their answers.
  private func table(_ labels: [String]) -> [StyledText] {
    var table = TextTable(columns: [.left] + [TextTable.Alignment](repeating: .right, count: 7))
    let metric = scores.first?.metrics.first?.name ?? "no score"
    table.add([metric, "score", "95 %", "n", "none", "unfin.", "cut", "tokens"])
    for (score, label) in zip(scores, labels) {
      let answers = score.answers
      let counts = [
        "\((answers.states[.none] ?? 0) + (answers.states[.empty] ?? 0))", "\(answers.states[.unfinished] ?? 0)",
        "\(answers.truncated)", answers.meanTokens.map { $0.fixed(0) } ?? "",
      ]
      let cells: [String] = score.metrics.first?.cells ?? ["", "", String(answers.count)]
      table.add([label] + cells + counts)
      for metric in score.metrics.dropFirst() {
        let indented: [String] = ["  " + metric.name]
        table.add(indented + metric.cells + [String](repeating: "", count: counts.count))
      }
    }
    return table.styledLines.map { StyledText("  ") + $0 }
  }
}

extension MetricScore {
  /// The score, its interval and the number of decisions.
  fileprivate var cells: [String] {
    let ends = [estimate.interval.lower, estimate.interval.upper].map { (100 * $0).fixed(1) }
    return [(100 * estimate.score).fixed(1), ends.joined(separator: "–"), "\(estimate.count)"]
  }
}

extension Benchmark.Claim {
  /// What is to be said of the score; nil if it is the benchmark's.
  var note: String? {
    switch self {
    case .score: nil
    case .partly(let note), .subset(let note), .none(let note): note
    }
  }

  fileprivate var prefix: String {
    switch self {
    case .score: ""
    case .partly: "partly by rules of our own: "
    case .subset: "not the whole benchmark: "
    case .none: "no score: "
    }
  }
}

extension ModelLoss {
  fileprivate var lines: [StyledText] {
    metrics.flatMap(\.lines) + [StyledText("\(agreement.equal) of \(agreement.count) answers are read alike")]
  }
}

extension MetricLoss {
  fileprivate var lines: [StyledText] {
    let test = test.map { ", McNemar p \($0.twoSided.fixed(3))" } ?? ""
    let seen = detectable.map { "a loss of \((100 * $0).fixed(1)) points would show 4 times of 5" }
    return [
      "\(name): \(estimate.description)", "  \(counts.words)\(test)",
      "  \(seen ?? "too few rows differ for any loss to show 4 times of 5")",
    ]
  }
}

extension PairedCounts {
  fileprivate var words: String { "right → wrong \(rightToWrong), wrong → right \(wrongToRight)" }
}

extension PooledScores {
  fileprivate func lines(_ label: String) -> [StyledText] {
    var lines: [StyledText] = [
      "\(benchmarkCount) benchmarks together, \(label):",
      "  each counts the same: \(loss.meanOfBenchmarks.description)",
      "  each row counts the same: \(loss.meanOfDecisions.description)",
    ]
    if let counts = loss.counts {
      lines.append("  \(counts.words), McNemar p \(counts.test.twoSided.fixed(3))")
    }
    return lines
  }
}

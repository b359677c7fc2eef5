// The report of `skyquant verify` on one screen.
internal import Basics
internal import Companions
public import Verification

extension VerificationReport {
  /// The report for people: a table of classes, the layers, the answers, files that differ, the gates.
  public var lines: [String] {
    var lines = ["\(quantizedName.displayed) against \(referenceName.displayed)", ""]
    if nonFiniteCount > 0 {
      lines += [
        "warning: the KL divergence is no finite number at \(nonFiniteCount) of \(overall.divergence.count) tokens: a "
          + "model computes NaN or infinity there",
        "",
      ]
    }
    if isBeyondMeasure {
      lines += ["warning: the perplexity is larger than any number: nothing is left of what the model has learned", ""]
    }
    lines += table
    lines += ["", "residual stream after each layer, relative error (lower is better):"] + layerLines
    if let answers { lines += ["", answers.line] + answers.changedLines(limit: 5) }
    if !files.isEmpty { lines += [""] + fileLines(limit: 20) }
    if !gates.isEmpty { lines += [""] + gates.map(\.line) + fileGate }
    return lines
  }

  private func fileLines(limit: Int) -> [String] {
    ["settings that travel along and are not the reference's:"]
      + files.prefix(limit).map { "  \($0.description)" }
      + (files.count > limit ? ["  … and \(files.count - limit) more (--json lists all)"] : [])
  }

  private var fileGate: [String] {
    guard !files.isEmpty else { return [] }
    return ["gate  settings that differ: \(files.count), " + (filesPass ? "allowed: PASS" : "limit 0: FAIL")]
  }

  private var table: [String] {
    var table = TextTable(columns: [.left] + [TextTable.Alignment](repeating: .right, count: 9))
    table.add(["tokens", "", "mean KL ± se", "median", "p90", "p99", "p99.9", "max", "same top-1", "PPL ratio"])
    for (name, summary) in classes.map({ ($0.tokenClass.rawValue, $0.summary) }) + [("all", overall)] {
      let divergence = summary.divergence
      table.add([
        name, String(divergence.count),
        "\(divergence.estimate.mean.short) ± \(divergence.estimate.standardError.short)", divergence.median.short,
        divergence.p90.short, divergence.p99.short, divergence.p999.short, divergence.max.short,
        "\((100 * summary.sameTop.mean).fixed(1)) ± \((100 * summary.sameTop.standardError).fixed(1)) %",
        "\(summary.perplexityRatio.mean.fixed(4)) ± \(summary.perplexityRatio.standardError.fixed(4))",
      ])
    }
    return table.lines + [
      "KL divergence in nats and PPL ratio: lower is better; same top-1: higher is better.",
      "numeric mode: \(numericMode)",
    ]
  }

  /// Eight layers a line, so that those of a large model stay readable.
  private var layerLines: [String] {
    let cells = layers.map { "\($0.layer): \($0.relativeError.short)" }
    return stride(from: 0, to: cells.count, by: 8).map {
      cells[$0..<min($0 + 8, cells.count)].joined(separator: "  ")
    }
  }
}

extension AnswerSummary {
  fileprivate var line: String {
    let right =
      knownCount > 0
      ? "\(quantizedCorrect) of \(knownCount) right, \(referenceCorrect) before; " : ""
    return "answers: \(right)\(changedCount) of \(pairs.count) changed"
  }

  fileprivate func changedLines(limit: Int) -> [String] {
    let changed = pairs.filter { $0.reference != $0.quantized }
    let lines = changed.prefix(limit).flatMap { pair in
      [
        "  \(pair.question.onOneLine)", "    reference: \(pair.reference.onOneLine)",
        "    quantized: \(pair.quantized.onOneLine)",
      ]
    }
    return lines + (changed.count > limit ? ["  … and \(changed.count - limit) more (--json lists all)"] : [])
  }
}

extension GateResult {
  fileprivate var line: String {
    "gate  \(metric): \(value.short), at two standard errors \(bound.short), limit \(limit.short): "
      + verdict.rawValue.uppercased()
  }
}

extension String {
  /// Line breaks shown as ↵, and everything else that must not reach a terminal escaped.
  fileprivate var onOneLine: String {
    split(separator: "\n", omittingEmptySubsequences: false).map { String($0).displayed }.joined(separator: " ↵ ")
  }
}

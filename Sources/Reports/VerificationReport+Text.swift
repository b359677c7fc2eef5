// The report of `skyquant verify` on one screen.
public import Basics
internal import Companions
public import Verification

extension VerificationReport {
  /// The report for people: a table of classes, the layers, the answers, files that differ, the gates.
  /// - Parameter width: Columns that there are; nil if nobody knows.
  public func lines(width: Int?) -> [StyledText] {
    var lines: [StyledText] = ["\(quantizedName.displayed) against \(referenceName.displayed)", ""]
    for line in damageLines { lines += [line, ""] }
    lines += table(width: width)
    lines += ["", "residual stream after each layer, relative error (lower is better):"] + layerLines(width: width)
    if let answers { lines += ["", answers.line] + answers.changedLines(limit: 5) }
    for part in [fileLines, gateLines] where !part.isEmpty { lines += [""] + part }
    return lines
  }

  /// What makes numbers worthless.
  var damageLines: [StyledText] {
    var lines: [StyledText] = []
    if nonFiniteCount > 0 {
      lines.append(
        "\("warning:", .warning) the KL divergence is no finite number at \(nonFiniteCount) of "
          + "\(overall.divergence.count) tokens: a model computes NaN or infinity there")
    }
    if isBeyondMeasure {
      lines.append(
        "\("warning:", .warning) the perplexity is larger than any number: nothing is left of what the model has learned"
      )
    }
    return lines
  }

  /// The gates, that of equal files among them if there is any.
  var gateLines: [StyledText] { gates.isEmpty ? [] : gates.map(\.line) + fileGate }

  /// Settings that differ, if there are any.
  var fileLines: [StyledText] {
    let limit = 20
    guard !files.isEmpty else { return [] }
    return ["settings that travel along and are not the reference's:"]
      + files.prefix(limit).map { "  \($0.description)" }
      + (files.count > limit ? ["  … and \(files.count - limit) more (--json lists all)"] : [])
  }

  private var fileGate: [StyledText] {
    guard !files.isEmpty else { return [] }
    let verdict: StyledText = filesPass ? "allowed: \("PASS", .good)" : "limit 0: \("FAIL", .bad)"
    return ["gate  settings that differ: \(files.count), \(verdict)"]
  }

  private func table(width: Int?) -> [StyledText] {
    // What goes where there is no room: p90, p99.9, the median, the largest, p99.
    var table = TextTable(
      columns: [.left] + [TextTable.Alignment](repeating: .right, count: 9), dispensable: [4, 6, 3, 7, 5])
    table.add(["tokens", "", "mean KL ± se", "median", "p90", "p99", "p99.9", "max", "same top-1", "PPL ratio"])
    for (name, summary) in classes.map({ ($0.tokenClass.rawValue, $0.summary) }) + [("all", overall)] {
      let divergence = summary.divergence
      table.add([
        "\(name)", "\(divergence.count)", divergence.styledMean, "\(divergence.median.short)",
        "\(divergence.p90.short)", "\(divergence.p99.short)", "\(divergence.p999.short)", "\(divergence.max.short)",
        "\(summary.sameTop.percentText)", "\(summary.perplexityRatio.ratioText)",
      ])
    }
    return table.styledLines(width: width) + [
      "KL divergence in nats and PPL ratio: lower is better; same top-1: higher is better.",
      "numeric mode: \(numericMode)",
    ]
  }

  /// Up to eight layers a line, so that those of a large model stay readable.
  private func layerLines(width: Int?) -> [StyledText] {
    let cells = layers.map { "\($0.layer): \($0.relativeError.short)" }
    let widest = cells.map(\.count).max() ?? 0
    let perLine = width.map { min(8, max(1, ($0 + 2) / (widest + 2))) } ?? 8
    return stride(from: 0, to: cells.count, by: perLine).map {
      StyledText(cells[$0..<min($0 + perLine, cells.count)].joined(separator: "  "), .verbatim)
    }
  }
}

extension Distribution {
  /// `2.17e-5 ± 6.08e-6`, with a colour where it stands out.
  var styledMean: StyledText { StyledText(estimate.shortText, concern) }

  /// What stands out on a terminal: a mean KL divergence of 0.05 nats and more, which 4 bits need not cost, and one of 0.1,
  /// which is more like 3 bits; and one that is no number.
  fileprivate var concern: TextRole? {
    guard estimate.mean < 0.1 else { return .bad }
    return estimate.mean < 0.05 ? nil : .warning
  }
}

extension Estimate {
  /// `2.17e-5 ± 6.08e-6`
  var shortText: String { "\(mean.short) ± \(standardError.short)" }
  /// `99.7 ± 0.1 %`
  var percentText: String { "\((100 * mean).fixed(1)) ± \((100 * standardError).fixed(1)) %" }
  /// `0.9988 ± 0.0004`
  var ratioText: String { "\(mean.fixed(4)) ± \(standardError.fixed(4))" }
}

extension AnswerSummary {
  fileprivate var line: StyledText {
    let isLiteral = (referenceEqual, quantizedEqual) == (referenceCorrect, quantizedCorrect)
    let equal = isLiteral ? "" : " (to the letter \(quantizedEqual), \(referenceEqual) before)"
    let right =
      knownCount > 0
      ? "\(quantizedCorrect) of \(knownCount) right, \(referenceCorrect) before\(equal); " : ""
    return "answers: \(right)\(changedCount) of \(pairs.count) changed"
  }

  fileprivate func changedLines(limit: Int) -> [StyledText] {
    let changed = pairs.filter { $0.reference != $0.quantized }
    let lines: [StyledText] = changed.prefix(limit).flatMap { pair in
      [
        "  \(pair.question.onOneLine)", "    reference: \(pair.reference.onOneLine)",
        "    quantized: \(pair.quantized.onOneLine)",
      ]
    }
    return lines + (changed.count > limit ? ["  … and \(changed.count - limit) more (--json lists all)"] : [])
  }
}

extension GateResult {
  fileprivate var line: StyledText {
    guard !value.isNaN || scope == .all else {
      return
        "gate  \(metric.rawValue) of \(scope.name) tokens: there are none: \(verdict.rawValue.uppercased(), verdict.role)"
    }
    return
      "gate  \(metric.rawValue) of \(scope.name) tokens: \(value.short), at two standard errors \(bound.short), limit \(limit.short): "
      + "\(verdict.rawValue.uppercased(), verdict.role)"
  }
}

extension GateResult.Verdict {
  fileprivate var role: TextRole {
    switch self {
    case .pass: .good
    case .fail: .bad
    case .inconclusive: .warning
    }
  }
}

extension String {
  /// Line breaks shown as ↵, and everything else that must not reach a terminal escaped.
  fileprivate var onOneLine: String {
    split(separator: "\n", omittingEmptySubsequences: false).map { String($0).displayed }.joined(separator: " ↵ ")
  }
}

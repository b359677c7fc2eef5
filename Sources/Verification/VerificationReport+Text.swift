// The report on one screen.
internal import Companions
internal import Tensors

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
    let header = Self.row(
      "tokens", "", ["mean KL ± se", "median", "p90", "p99", "p99.9", "max", "same top-1", "PPL ratio"])
    let rows = (classes.map { ($0.tokenClass.rawValue, $0.summary) } + [("all", overall)]).map { name, summary in
      let divergence = summary.divergence
      return Self.row(
        name, String(divergence.count),
        [
          "\(divergence.estimate.mean.short) ± \(divergence.estimate.standardError.short)", divergence.median.short,
          divergence.p90.short, divergence.p99.short, divergence.p999.short, divergence.max.short,
          "\((100 * summary.sameTop.mean).fixed(1)) ± \((100 * summary.sameTop.standardError).fixed(1)) %",
          "\(summary.perplexityRatio.mean.fixed(4)) ± \(summary.perplexityRatio.standardError.fixed(4))",
        ])
    }
    return [header] + rows + ["KL divergence in nats and PPL ratio: lower is better; same top-1: higher is better."]
  }

  private static func row(_ name: String, _ count: String, _ cells: [String]) -> String {
    let widths = [19, 9, 9, 9, 9, 9, 14, 17]
    return name.padded(8) + count.padded(7, leading: true)
      + zip(cells, widths).map { $0.padded($1, leading: true) }.joined()
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

  /// Padded with spaces to `width` characters.
  fileprivate func padded(_ width: Int, leading: Bool = false) -> String {
    let spaces = String(repeating: " ", count: max(0, width - count))
    return leading ? spaces + self : self + spaces
  }
}

extension Double {
  /// With `digits` decimals.
  fileprivate func fixed(_ digits: Int) -> String {
    let scale = (0..<digits).reduce(1.0) { value, _ in value * 10 }
    guard isFinite, magnitude * scale < 1e15 else { return "\(self)" }
    let whole = Int((magnitude * scale).rounded())
    let sign = self < 0 && whole > 0 ? "-" : ""
    guard digits > 0 else { return sign + String(whole) }
    let text = String(repeating: "0", count: max(0, digits + 1 - String(whole).count)) + String(whole)
    return sign + text.dropLast(digits) + "." + text.suffix(digits)
  }

  /// Four significant digits or so: 0.0312, 3.81e-05.
  fileprivate var short: String {
    if self == 0 { return "0" }
    guard isFinite else { return "\(self)" }
    if magnitude >= 100 { return fixed(1) }
    if magnitude >= 1 { return fixed(3) }
    if magnitude >= 0.001 { return fixed(5) }
    var exponent = 0
    var mantissa = magnitude
    while mantissa < 1 && exponent < 400 { (mantissa, exponent) = (mantissa * 10, exponent + 1) }
    return (self < 0 ? "-" : "") + mantissa.fixed(2) + "e-\(exponent)"
  }
}

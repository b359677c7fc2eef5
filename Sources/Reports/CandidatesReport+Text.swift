// The report of `skyquant verify` of several candidates: tables side by side, and what the same tokens tell them apart by.
public import Basics
internal import Evaluation
internal import PairedStatistics
public import Verification

extension CandidatesReport {
  /// The report for people: that of a single candidate as it is; of several two tables, their differences, and of each what
  /// is to be said of it alone.
  /// - Parameter width: Columns that there are; nil if nobody knows.
  public func lines(width: Int?) -> [StyledText] {
    guard reports.count > 1 else { return reports[0].lines(width: width) }
    var lines: [StyledText] = [
      "\(reports.count) models against \(reports[0].referenceName.displayed), on \(reports[0].sampleCount) samples", "",
    ]
    lines += divergenceTable.styledLines(width: width) + [""] + otherTable.styledLines(width: width)
    lines += [
      "KL divergence in nats and PPL ratio: lower is better; same top-1: higher is better.",
      "bits: per weight overall, and in the language model's linears.", "numeric mode: \(reports[0].numericMode)", "",
      "differences on the same tokens, mean KL ± se (below 0: the first is nearer to the original):",
    ]
    lines += differenceTable.styledLines(width: width)
    lines += [""] + verdicts
    for (label, report) in zip(labels, reports) {
      let alone = report.damageLines + report.fileLines + report.gateLines
      if !alone.isEmpty { lines += ["", "\(label):"] + alone.map { "  " + $0 } }
    }
    return lines + end
  }

  /// Short names of the candidates.
  var labels: [String] { ScoreReport.labels(reports.map(\.quantizedName)) }

  /// The classes that have tokens, and all.
  var scopes: [TokenScope] { reports[0].classes.map { .only($0.tokenClass) } + [.all] }

  private var divergenceTable: TextTable {
    var table = TextTable(columns: [.left] + scopes.map { _ in .right })
    table.add(["mean KL ± se"] + scopes.map(\.name))
    for (label, report) in zip(labels, reports) {
      table.add([StyledText(label)] + scopes.map { report.summary(of: $0)?.divergence.styledMean ?? "" })
    }
    table.add(["tokens"] + scopes.map { "\(reports[0].summary(of: $0)?.divergence.count ?? 0)" })
    return table
  }

  private var otherTable: TextTable {
    // What goes where there is no room: bits, which sizes tell as well.
    var table = TextTable(columns: [.left] + [TextTable.Alignment](repeating: .right, count: 6), dispensable: [5])
    table.add(["\(decisiveScope.name) tokens", "same top-1", "PPL ratio", "right", "changed", "bits", "size"])
    for (index, report) in reports.enumerated() {
      let summary = report.summary(of: decisiveScope), answers = report.answers
      table.add([
        labels[index], summary?.sameTop.percentText ?? "", summary?.perplexityRatio.ratioText ?? "",
        answers.map { rightText($0.quantizedCorrect, of: $0) } ?? "",
        answers.map { "\($0.changedCount) of \($0.pairs.count)" } ?? "",
        "\(sizes[index].bitsPerWeight.upTo(2)), \(sizes[index].bitsPerLinearWeight.upTo(3))",
        ByteCount.text(sizes[index].byteCount),
      ])
    }
    if let answers = reports[0].answers {
      table.add(["original", "", "", rightText(answers.referenceCorrect, of: answers), "", "", ""])
    }
    return table
  }

  private func rightText(_ count: Int, of answers: AnswerSummary) -> String {
    answers.knownCount > 0 ? "\(count) of \(answers.knownCount)" : ""
  }

  private var differenceTable: TextTable {
    var table = TextTable(columns: [.left] + scopes.map { _ in .right })
    table.add([""] + scopes.map(\.name))
    for difference in differences {
      table.add([name(of: difference)] + scopes.map { difference.tokens($0)?.divergence.shortText ?? "" })
    }
    return table
  }

  private func name(of difference: CandidateDifference) -> String {
    "\(labels[difference.candidate]) − \(labels[difference.baseline])"
  }

  /// One line for each two candidates, and one for the best.
  private var verdicts: [StyledText] {
    let scope = "\(decisiveScope.name) tokens"
    let pairs = differences.map { difference -> StyledText in
      let words = difference.verdict(scope: decisiveScope, labels: labels)
      return "\(scope): \(words)\(difference.answers.map { "; \($0.words)" } ?? "")"
    }
    return pairs + ["lowest mean KL of \(scope): \(labels[best])\(rivals)"]
  }

  /// Those that the best cannot be told from.
  private var rivals: String {
    let equal = differences.filter { difference in
      [difference.baseline, difference.candidate].contains(best)
        && difference.tokens(decisiveScope)?.divergence.isTold != true
    }.map { $0.baseline == best ? labels[$0.candidate] : labels[$0.baseline] }
    return equal.isEmpty ? "" : "; these tokens do not tell it from \(equal.joined(separator: ", "))"
  }

  private var end: [StyledText] {
    let failed = zip(labels, reports).filter { !$1.passes }.map(\.0)
    guard failed.isEmpty else { return ["", "\("FAIL", .bad): \(failed.joined(separator: ", "))"] }
    return reports[0].gates.isEmpty ? [] : ["", "\("PASS", .good): all \(reports.count)"]
  }
}

extension CandidateDifference {
  /// Which of the two is nearer to the original, or that the tokens do not tell.
  func verdict(scope: TokenScope, labels: [String]) -> String {
    let (first, second) = (labels[baseline], labels[candidate])
    guard let divergence = tokens(scope)?.divergence, divergence.isTold else {
      return "\(second) and \(first) are not told apart, zero lies within two standard errors"
    }
    let (near, far) = divergence.mean < 0 ? (second, first) : (first, second)
    return "\(near) is nearer to the original than \(far), by more than two standard errors"
  }
}

extension AnswerDifference {
  fileprivate var words: String {
    "answers right → wrong \(rightToWrong), wrong → right \(wrongToRight), McNemar p \(test.twoSided.fixed(3)); "
      + "\(changed) differ"
  }
}

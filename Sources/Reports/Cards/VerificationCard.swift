// What `skyquant verify --card` writes into a model card.
internal import Basics
public import Verification

extension VerificationReport {
  /// Lines of Markdown: numbers, and what they were measured on. No date, no path.
  /// - Parameter version: Of skyquant.
  public func cardLines(version: String) -> [String] {
    let file = sampleFile.map { " of \($0.name.displayed.replacing("`", with: "'")) (SHA-256 `\($0.sha256)`)" } ?? ""
    var lines = [
      "Against the original, token by token, on \(sampleCount) samples\(file), by skyquant \(version), numeric mode "
        + "\(numericMode):",
      "", "| tokens | number | mean KL ± se, nats | 99th percentile | largest | same first choice | perplexity ratio |",
      "|---|---|---|---|---|---|---|",
    ]
    for (name, summary) in classes.map({ ($0.tokenClass.rawValue, $0.summary) }) + [("all", overall)] {
      let divergence = summary.divergence
      let cells = [
        name, "\(divergence.count)", divergence.estimate.shortText, divergence.p99.short, divergence.max.short,
        summary.sameTop.percentText, summary.perplexityRatio.ratioText,
      ]
      lines.append("| \(cells.joined(separator: " | ")) |")
    }
    lines += [
      "", "Lower KL divergence and perplexity ratio are better; ± is a standard error over samples.",
    ]
    if let answers { lines += ["", "\(answers.cardLine)"] }
    lines += damageLines.flatMap { ["", $0.plain] }
    if sampleFile?.wasSeen == true {
      lines += ["", "The model was calibrated on these samples or on some of their pictures: the numbers flatter it."]
    }
    if !files.isEmpty {
      lines += ["", "\(files.count) settings that travel along are not the original's; `skyquant verify` names them."]
    }
    return lines
  }
}

extension AnswerSummary {
  fileprivate var cardLine: String {
    let right = knownCount > 0 ? "\(quantizedCorrect) of \(knownCount) right, the original \(referenceCorrect); " : ""
    return "Answers: \(right)\(changedCount) of \(pairs.count) are not the original's to the letter."
  }
}

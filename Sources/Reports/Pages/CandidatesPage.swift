// The report of `skyquant verify` of several candidates as one page: side by side, then each as on a page of its own.
internal import Basics
public import HTML
public import Verification

/// The page of a verification of several candidates.
public struct CandidatesPage: Sendable {
  private let report: CandidatesReport
  private let pages: [VerificationPage]

  /// - Parameter pages: One for each candidate.
  public init(_ report: CandidatesReport, _ pages: [VerificationPage]) {
    self.report = report
    self.pages = pages
  }

  /// The page.
  public var document: HTMLDocument {
    let alone = pages.enumerated().map { number, page -> HTMLNode in
      let heading = HTMLNode.tag("h1", [:], [.verbatim(page.report.quantizedName)])
      return HTMLNode.tag("article", [:], [heading] + page.findings).measured(under: place(number))
    }
    return HTMLDocument(
      title: "What quantization cost",
      [
        head, HTMLDocument.section("Side by side", [divergences, soft(Self.directions), others]),
        HTMLDocument.section(
          "Differences on the same tokens", [differences, verdicts, soft(Self.explanation)]),
      ] + alone + pages.prefix(1).map(\.prompt))
  }

  /// Where the report for programs has candidate `number`.
  private func place(_ number: Int) -> String { "reports.\(number)" }

  private var labels: [String] { report.labels }

  private var head: HTMLNode {
    let first = report.reports[0]
    let models: HTMLNode = .tag(
      "p", [:],
      [
        .verbatim(labels.joined(separator: ", ")), " against ", .verbatim(first.referenceName), ", on ",
        .count(first.sampleCount, at: "\(place(0)).samples"), " samples with ",
        .count(first.overall.divergence.count, at: "\(place(0)).all.tokens"), " tokens.",
      ])
    guard !first.gates.isEmpty || !report.passes else { return models }
    let failed = zip(labels, report.reports).filter { !$1.passes }.map(\.0)
    let words = failed.isEmpty ? "PASS" : "FAIL: \(failed.joined(separator: ", "))"
    return [models, .tag("p", ["class": "verdict \(failed.isEmpty ? "good" : "bad")"], [.verbatim(words)])]
  }

  private var divergences: HTMLNode {
    let rows = report.reports.enumerated().map { number, alone -> [HTMLNode] in
      [.verbatim(labels[number])]
        + report.scopes.map { scope in
          alone.summary(of: scope).map {
            .estimate($0.divergence.estimate, at: "\(place(number)).\(scope.name).kl_divergence") { $0.short }
          } ?? []
        }
    }
    return HTMLDocument.table(
      ["mean KL ± se"] + report.scopes.map { .text("\($0.name) tokens") }, rows)
  }

  private var others: HTMLNode {
    let scope = report.decisiveScope
    let rows = report.reports.enumerated().map { number, alone -> [HTMLNode] in
      let key = "\(place(number)).\(scope.name)", size = report.sizes[number]
      return [
        .verbatim(labels[number]),
        alone.summary(of: scope).map {
          .estimate($0.sameTop, at: "\(key).same_top1") { Percentage.text($0, decimals: 1) }
        } ?? [],
        alone.summary(of: scope).map {
          .estimate($0.perplexityRatio, at: "\(key).perplexity_ratio") { $0.fixed(4) }
        } ?? [],
        alone.answers.map { answers($0, number) } ?? [],
        .measure(size.bitsPerWeight, at: "sizes.\(number).bits_per_weight", as: size.bitsPerWeight.upTo(2)),
        .measure(
          size.bitsPerLinearWeight, at: "sizes.\(number).bits_per_weight_language_linears",
          as: size.bitsPerLinearWeight.upTo(3)),
        .measure(
          Double(size.byteCount), at: "sizes.\(number).bytes", as: ByteCount.text(size.byteCount)),
      ]
    }
    return HTMLDocument.table(
      [
        .text("\(scope.name) tokens"), "same first choice", "PPL ratio", "answers right, original's", "bits per weight",
        "in the linears", "size",
      ], rows)
  }

  private func answers(_ answers: AnswerSummary, _ number: Int) -> HTMLNode {
    guard answers.knownCount > 0 else { return [] }
    let key = "\(place(number)).answers"
    return [
      .count(answers.quantizedCorrect, at: "\(key).quantized_correct"), " of ",
      .count(answers.knownCount, at: "\(key).with_known_answer"), ", ",
      .count(answers.referenceCorrect, at: "\(key).reference_correct"),
    ]
  }

  private var differences: HTMLNode {
    let rows = report.differences.enumerated().map { number, difference -> [HTMLNode] in
      [.verbatim("\(labels[difference.candidate]) − \(labels[difference.baseline])")]
        + report.scopes.map { scope in
          difference.tokens(scope).map {
            .estimate($0.divergence, at: "differences.\(number).\(scope.name).kl_divergence") { $0.short }
          } ?? []
        } + [difference.answers.map { flips($0, "differences.\(number).answers") } ?? []]
    }
    return HTMLDocument.table(
      ["mean KL ± se"] + report.scopes.map { .text("\($0.name) tokens") } + ["right → wrong, wrong → right"], rows)
  }

  private func flips(_ answers: AnswerDifference, _ key: String) -> HTMLNode {
    [
      .count(answers.rightToWrong, at: "\(key).right_to_wrong"), ", ",
      .count(answers.wrongToRight, at: "\(key).wrong_to_right"),
    ]
  }

  private var verdicts: HTMLNode {
    .sequence(
      report.differences.map {
        .tag(
          "p", [:],
          [
            .text("\(report.decisiveScope.name) tokens: "),
            .verbatim($0.verdict(scope: report.decisiveScope, labels: labels)), ".",
          ])
      } + [
        .tag(
          "p", [:], [.text("Lowest mean KL of \(report.decisiveScope.name) tokens: "), .verbatim(labels[report.best])])
      ])
  }

  private static let directions =
    "KL divergence from the original in nats and the ratio of perplexities: lower is better; the same first choice: "
    + "higher is better."
  private static let explanation =
    "Means of differences on the same tokens, in nats. Below zero the first of a row is nearer to the original. "
    + "Standard errors are over samples."

  private func soft(_ words: String) -> HTMLNode { .tag("p", ["class": "soft"], [.text(words)]) }
}

// What single samples show: answers that differ, and the positions where the models differ most.
internal import Basics
internal import HTML
internal import Verification

extension VerificationPage {
  /// Cards of each kind that a page shows.
  public static let cardLimit = 20

  var answers: HTMLNode {
    guard let answers = report.answers else { return [] }
    let known: [HTMLNode] =
      answers.knownCount == 0
      ? []
      : [
        .count(answers.quantizedCorrect, at: "answers.quantized_correct"), " of ",
        .count(answers.knownCount, at: "answers.with_known_answer"), " right, the original ",
        .count(answers.referenceCorrect, at: "answers.reference_correct"), "; ",
      ]
    let line: [HTMLNode] =
      known + [
        .count(answers.changedCount, at: "answers.changed"), " of ",
        .count(answers.pairs.count, at: "answers.questions"),
        " answers differ.",
      ]
    let changed = answers.pairs.filter { $0.reference != $0.quantized }
    return HTMLDocument.section(
      "Answers",
      [.tag("p", [:], line)] + changed.prefix(Self.cardLimit).map { card($0, of: answers) } + more(changed.count))
  }

  private func card(_ pair: AnswerPair, of answers: AnswerSummary) -> HTMLNode {
    /// Its colour; none if it is not known what is right.
    func style(_ said: String) -> String { answers.isRight(said, in: pair).map { $0 ? "good" : "bad" } ?? "" }

    let expected: [HTMLNode] =
      pair.expected.map { [.tag("dt", [:], ["expected"]), .tag("dd", [:], [.verbatim($0)])] } ?? []
    return .tag(
      "div", ["class": "card"],
      pictures.node(of: pair.sample) + [
        .tag(
          "div", ["class": "grow"],
          [
            .tag("p", [:], [.verbatim(pair.question)]),
            .tag(
              "dl", [:],
              expected + [
                .tag("dt", [:], ["original"]),
                .tag("dd", ["class": style(pair.reference)], [.verbatim(pair.reference)]),
                .tag("dt", [:], ["quantized"]),
                .tag("dd", ["class": style(pair.quantized)], [.verbatim(pair.quantized)]),
              ]),
          ])
      ])
  }

  var worst: HTMLNode {
    guard !report.worstTokens.isEmpty else { return [] }
    let cards = report.worstTokens.enumerated().map { index, token -> HTMLNode in
      let place = "worst_tokens.\(index)"
      return .tag(
        "div", ["class": "card"],
        pictures.node(of: token.sample) + [
          .tag(
            "div", ["class": "grow"],
            [
              .tag(
                "p", [:],
                [
                  .measure(token.divergence, at: "\(place).kl_divergence", as: token.divergence.short),
                  " nats in sample ", .count(token.sample, at: "\(place).sample"), ", token ",
                  .count(token.position, at: "\(place).position"), " (", .text(token.tokenClass.rawValue), ")",
                ]),
              .tag(
                "p", [:],
                [
                  .verbatim(token.context),
                  .tag("span", ["class": "verbatim token"], [.text(token.next ?? "")]),
                ]),
              .tag(
                "dl", [:],
                [
                  .tag("dt", [:], ["original's first choice"]), .tag("dd", [:], [.verbatim(token.referenceChoice)]),
                  .tag("dt", [:], ["quantized"]), .tag("dd", [:], [.verbatim(token.quantizedChoice)]),
                ]),
            ])
        ])
    }
    return HTMLDocument.section(
      "Where they differ most",
      [.tag("p", ["class": "soft"], ["The text before a position, and, marked, the token that follows there."])] + cards
    )
  }

  private func more(_ count: Int) -> [HTMLNode] {
    count <= Self.cardLimit ? [] : [.tag("p", ["class": "soft"], ["The report for programs has all of them."])]
  }
}

// Rows that a candidate was read otherwise on than the original: what was asked, and what both said.
internal import Basics
internal import Benchmarks
public import Evaluation
internal import HTML

/// A row of a benchmark with what was said about it.
public struct ShownRow: Sendable {
  /// What was asked.
  public var question: String
  /// The right answer; nil if the file does not give it.
  public var expected: String?
  /// What each model said, in the order of the report, as often as it was asked.
  public var said: [[String]]
  /// A small picture of what the row shows, as JPEG; nil without one.
  public var picture: [UInt8]?

  /// A row.
  public init(question: String, expected: String?, said: [[String]], picture: [UInt8]?) {
    self.question = question
    self.expected = expected
    self.said = said
    self.picture = picture
  }
}

extension EvaluationPage {
  /// Rows of each kind that a page shows of a candidate.
  public static let cardLimit = 12

  /// Characters of an answer that are shown: its end, where it says what it comes to.
  private static let saidLimit = 400

  /// The rows that the page shows of a loss.
  public static func shown(of loss: ModelLoss) -> [ChangedAnswer] {
    kinds(of: loss).flatMap { $0.answers.prefix(cardLimit) }
  }

  /// Rows of which the original has more, those of which the candidate has, and where nothing is scored all others.
  private static func kinds(of loss: ModelLoss) -> [(heading: HTMLNode, answers: [ChangedAnswer])] {
    func scored(_ isShown: (Double, Double) -> Bool) -> [ChangedAnswer] {
      loss.changed.filter { changed in
        guard let before = changed.originalScore, let after = changed.candidateScore else { return false }
        return isShown(before, after)
      }
    }
    let unscored = loss.changed.filter { $0.originalScore == nil || $0.candidateScore == nil }
    let kinds: [(heading: HTMLNode, answers: [ChangedAnswer])] = [
      ("Right before, wrong now", scored(>)), ("Wrong before, right now", scored(<)), ("Read otherwise", unscored),
    ]
    return kinds.filter { !$0.answers.isEmpty }
  }

  /// Cards of what changed for a candidate.
  func flips(_ loss: ModelLoss, _ candidate: Int, _ benchmark: Int) -> [HTMLNode] {
    Self.kinds(of: loss).flatMap { heading, answers -> [HTMLNode] in
      let cards = answers.prefix(Self.cardLimit).compactMap { changed in
        shown[benchmark][changed.index].map { card(changed, $0, candidate) }
      }
      let more: [HTMLNode] =
        answers.count > Self.cardLimit
        ? [.tag("p", ["class": "soft"], ["The report for programs and the file of answers have all of them."])] : []
      return [.tag("h3", [:], [heading])] + cards + more
    }
  }

  private func card(_ changed: ChangedAnswer, _ row: ShownRow, _ candidate: Int) -> HTMLNode {
    let expected: [HTMLNode] =
      row.expected.map { [.tag("dt", [:], ["expected"]), .tag("dd", [:], [.verbatim($0)])] } ?? []
    func said(_ model: Int) -> String { row.said[model][(changed.sample - 1) % row.said[model].count] }
    let models = [
      (0, changed.original, changed.originalScore), (candidate + 1, changed.candidate, changed.candidateScore),
    ]
    let answers = models.flatMap { model, read, score -> [HTMLNode] in
      let style = score.map { $0 >= 0.5 ? "good" : "bad" } ?? ""
      return [
        .tag("dt", [:], [.verbatim(labels[model])]),
        .tag(
          "dd", [:],
          [
            .tag("div", ["class": style], [read.map { HTMLNode.verbatim($0) } ?? "nothing read"]),
            .tag("div", ["class": "soft"], [.verbatim(said(model).ending(Self.saidLimit))]),
          ]),
      ]
    }
    return .tag(
      "div", ["class": "card"],
      (row.picture.map { [HTMLNode.picture($0)] } ?? []) + [
        .tag(
          "div", ["class": "grow"],
          [
            .tag("p", ["class": "soft"], ["row ", .verbatim(changed.index)]),
            .tag("p", [:], [.verbatim(row.question)]), .tag("dl", [:], expected + answers),
          ])
      ])
  }
}

extension String {
  /// The last `limit` characters, behind an ellipsis if there are more.
  fileprivate func ending(_ limit: Int) -> String { count > limit ? "… " + suffix(limit) : self }

  /// At most `limit` characters, the last of them an ellipsis if there are more.
  func shortened(to limit: Int) -> String {
    let shown = displayed
    return shown.count > limit ? String(shown.prefix(limit - 1)) + "…" : shown
  }
}
